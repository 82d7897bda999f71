package io.costops.enrichment.position;

import static io.costops.enrichment.position.Events.meter;
import static io.costops.enrichment.position.Events.noUsage;
import static io.costops.enrichment.position.Events.tombstone;
import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.avro.RequestKind;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.value.BillingPeriod;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("A request about an event")
class BookkeeperRequestTest {
    private static final Instant NOW = Instant.parse("2026-08-04T12:00:01Z");

    private final ChangingRating rating = new ChangingRating().price("gpt-4o", "0.001");
    private final List<LedgerEntry> ledger = new ArrayList<>();
    private Bookkeeper bookkeeper = new Bookkeeper(rating, BillingCalendar.everyMonthOpen());
    private Known known = new Known.Unseen();
    private Instant now = NOW;

    @Nested
    @DisplayName("to price it anew")
    class Reprice {
        @Test
        void books_the_difference_as_an_adjustment_that_counts_nothing_twice() {
            given(usage(0).build());
            rating.price("gpt-4o", "0.0025");

            LedgerEntry adjustment = only(ask(Requests.reprice("r-1", ledger)));

            assertThat(adjustment.getKind()).isEqualTo(EntryKind.ADJUSTMENT);
            assertThat(adjustment.getStatus()).isEqualTo(EntryStatus.PRICED);
            assertThat(adjustment.getRequests()).isZero();
            assertThat(adjustment.getInputTokens()).isZero();
            assertThat(adjustment.getOutputTokens()).isZero();
            assertThat(adjustment.getListCost()).isEqualByComparingTo("0.579");
            assertThat(adjustment.getBilledCost()).isEqualByComparingTo("0.579");
            assertThat(adjustment.getReportedCost()).isNull();
            assertThat(adjustment.getRequestId()).isEqualTo("r-1");
            assertThat(adjustment.getReason()).isEqualTo("a test asks");
            assertThat(adjustment.getPriceRevision()).isEqualTo("list/gpt-4o@2");
            assertThat(adjustment.getEventTime()).isEqualTo(Events.CHARGED);
            assertThat(adjustment.getDimensions().getTeam()).isEqualTo("team of chatbot");
            assertThat(adjustment.getSequence()).isEqualTo(1);
            assertThat(adjustment.getEntryId()).isEqualTo(Entries.id("openai:chatcmpl-1", 0, EntryKind.ADJUSTMENT, 1));
            assertThat(adjustment.getLines())
                    .extracting(
                            LedgerLine::getMeter,
                            line -> line.getQuantity().signum(),
                            line -> plain(line.getListUnitPrice()),
                            line -> plain(line.getListCost()))
                    .containsExactly(
                            tuple("uncached_input", 0, "0.0025", "0.129"), tuple("output_text", 0, "0.0025", "0.45"));
            assertThat(sum()).isEqualByComparingTo("0.965");
        }

        @Test
        void books_nothing_where_nothing_changes() {
            given(usage(0).build());
            rating.price("gpt-4o", "0.001");

            assertThat(bookkeeper.decide(known, Requests.reprice("r-1", ledger), now))
                    .isEqualTo(new Decision.Unchanged());
        }

        @Test
        void is_applied_once_however_often_it_comes() {
            given(usage(0).build());
            rating.price("gpt-4o", "0.0025");
            UsageRequest request = Requests.reprice("r-1", ledger);
            ask(request);
            rating.price("gpt-4o", "0.0001");

            assertThat(bookkeeper.decide(known, request, now)).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void gives_an_unpriced_event_its_cost() {
            given(usage(0).setModel("new").build());
            rating.price("new", "0.5");

            LedgerEntry adjustment = only(ask(Requests.reprice("r-1", ledger)));

            assertThat(adjustment.getStatus()).isEqualTo(EntryStatus.PRICED);
            assertThat(adjustment.getListCost()).isEqualByComparingTo("193");
            assertThat(adjustment.getPriceKey()).isEqualTo("new");
            assertThat(standing().getStatus()).isEqualTo(EntryStatus.PRICED);
            assertThat(standing().getListCost()).isEqualByComparingTo("193");
            assertThat(standing().getInputTokens()).isEqualTo(86);
        }

        @Test
        void books_nothing_where_only_the_currency_of_what_has_no_cost_changes() {
            given(usage(0).setModel("new").build());
            rating.in("EUR");

            assertThat(bookkeeper.decide(known, Requests.reprice("r-1", ledger), now))
                    .isEqualTo(new Decision.Unchanged());

            rating.price("new", "0.5");
            LedgerEntry adjustment = only(ask(Requests.reprice("r-2", ledger)));
            assertThat(adjustment.getBillingCurrency()).isEqualTo("EUR");
            assertThat(adjustment.getListCost()).isEqualByComparingTo("193");
        }

        @Test
        void shows_what_has_no_cost_in_the_currency_that_it_will_be_billed_in() {
            rating.in("EUR");

            given(usage(0).setModel("new").build());

            assertThat(standing().getStatus()).isEqualTo(EntryStatus.UNPRICED);
            assertThat(standing().getBillingCurrency()).isEqualTo("EUR");
        }

        @Test
        void gives_a_line_its_cost_once_it_has_a_rate() {
            rating.withoutRateFor(Meter.OUTPUT_TEXT);
            given(usage(0).build());
            assertThat(sum()).isEqualByComparingTo("0.086");
            rating.withoutRateFor();

            LedgerEntry adjustment = only(ask(Requests.reprice("r-1", ledger)));

            assertThat(adjustment.getListCost()).isEqualByComparingTo("0.3");
            assertThat(standing().getLines())
                    .extracting(line -> plain(line.getListCost()))
                    .containsExactlyInAnyOrder("0.086", "0.3");
        }

        @Test
        void takes_the_cost_back_when_the_price_was_withdrawn() {
            given(usage(0).build());
            rating.withdraw("gpt-4o");

            LedgerEntry adjustment = only(ask(Requests.reprice("r-1", ledger)));

            assertThat(adjustment.getStatus()).isEqualTo(EntryStatus.UNPRICED);
            assertThat(adjustment.getListCost()).isEqualByComparingTo("-0.386");
            assertThat(standing().getListCost()).isNull();
            assertThat(standing().getStatus()).isEqualTo(EntryStatus.UNPRICED);

            rating.price("gpt-4o", "0.001");
            assertThat(only(ask(Requests.reprice("r-2", ledger))).getListCost()).isEqualByComparingTo("0.386");
        }

        @Test
        void never_subtracts_one_currency_from_another() {
            given(usage(0).build());
            rating.in("EUR");

            List<LedgerEntry> entries = ask(Requests.reprice("r-1", ledger));

            assertThat(entries)
                    .extracting(
                            LedgerEntry::getPricingCurrency,
                            entry -> plain(entry.getListCost()),
                            LedgerEntry::getStatus)
                    .containsExactly(
                            tuple("USD", "-0.386", EntryStatus.UNPRICED), tuple("EUR", "0.386", EntryStatus.PRICED));
            assertThat(entries).extracting(LedgerEntry::getSequence).containsExactly(1, 2);
            assertThat(standing().getPricingCurrency()).isEqualTo("EUR");
        }

        @Test
        void prices_what_stands_and_not_what_the_request_was_made_from() {
            given(usage(0).build());
            UsageRequest early = Requests.reprice("r-1", ledger);
            given(usage(1).setMeters(List.of(meter("uncached_input", "1000"))).build());
            rating.price("gpt-4o", "0.002");

            assertThat(only(ask(early)).getListCost()).isEqualByComparingTo("1");
            assertThat(sum()).isEqualByComparingTo("2");
        }

        @Test
        void leaves_alone_what_is_deleted_or_costs_nothing_anyway() {
            given(usage(0).build(), tombstone(1));
            assertThat(bookkeeper.decide(known, Requests.reprice("r-1", ledger), now))
                    .isEqualTo(new Decision.Unchanged());

            forget();
            given(noUsage(0));
            rating.price("gpt-4o", "7");
            assertThat(bookkeeper.decide(known, Requests.reprice("r-1", ledger), now))
                    .isEqualTo(new Decision.Unchanged());
        }

        @Test
        void is_undone_with_the_charge_when_a_later_record_replaces_it() {
            given(usage(0).build());
            rating.price("gpt-4o", "0.0025");
            ask(Requests.reprice("r-1", ledger));

            given(tombstone(1));

            assertThat(ledger.get(2).getKind()).isEqualTo(EntryKind.REVERSAL);
            assertThat(ledger.get(2).getListCost()).isEqualByComparingTo("-0.965");
            assertThat(ledger.get(2).getRequestId()).isNull();
            assertThat(ledger.get(2).getCauseRevision()).isEqualTo(1);
            assertThat(sum()).isZero();
        }

        @Test
        void is_billed_in_the_open_month_when_the_month_of_the_usage_is_closed() {
            given(usage(0).build());
            bookkeeper = new Bookkeeper(rating, new ClosedMonths(Set.of(new BillingPeriod(YearMonth.of(2026, 7)))));
            rating.price("gpt-4o", "0.0025");

            LedgerEntry adjustment = only(ask(Requests.reprice("r-1", ledger)));

            assertThat(adjustment.getBillingPeriod()).isEqualTo(LocalDate.of(2026, 8, 1));
            assertThat(adjustment.getEventTime()).isEqualTo(Events.CHARGED);
        }
    }

    @Nested
    @DisplayName("once the position has passed its horizon")
    class Expired {
        @Test
        void is_applied_to_the_position_that_it_carries() {
            given(usage(0).build());
            expire();
            rating.price("gpt-4o", "0.0025");

            assertThat(only(ask(Requests.reprice("r-1", ledger))).getListCost()).isEqualByComparingTo("0.579");
        }

        @Test
        void is_applied_even_if_the_event_was_forgotten() {
            given(usage(0).build());
            forgetHere();
            rating.price("gpt-4o", "0.0025");

            LedgerEntry adjustment = only(ask(Requests.reprice("r-1", ledger)));

            assertThat(adjustment.getSequence()).isEqualTo(1);
            assertThat(sum()).isEqualByComparingTo("0.965");
            assertThat(bookkeeper.decide(known, usage(0).build(), now)).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void is_stale_if_the_ledger_that_it_was_made_from_lacked_entries() {
            given(usage(0).build());
            UsageRequest early = Requests.reprice("r-1", ledger);
            given(usage(1).build());
            expire();
            rating.price("gpt-4o", "0.0025");

            assertThat(bookkeeper.decide(known, early, now)).isEqualTo(new Decision.Stale());
        }

        @Test
        void applies_a_correction_that_came_too_late_which_may_change_anything() {
            given(usage(0).build());
            expire();
            UsageEvent correction = usage(1).setModel("gpt-4o-mini")
                    .setEventTime(Events.CHARGED.minusSeconds(86_400 * 40L))
                    .setDimensions(Dimensions.newBuilder()
                            .setTenant("umbrella")
                            .setProject("search")
                            .build())
                    .setMeters(List.of(meter("uncached_input", "1000")))
                    .build();
            rating.price("gpt-4o-mini", "0.01");
            given(correction);
            assertThat(ledger.get(1).getStatus()).isEqualTo(EntryStatus.POSITION_EXPIRED);

            List<LedgerEntry> entries = ask(Requests.correct("late", ledger, correction));

            assertThat(kinds(entries))
                    .containsExactly(
                            tuple(EntryKind.REVERSAL, EntryStatus.PRICED, -1),
                            tuple(EntryKind.CORRECTION, EntryStatus.PRICED, 1));
            assertThat(entries).extracting(LedgerEntry::getRequestId).containsOnly("late");
            assertThat(entries).extracting(LedgerEntry::getSequence).containsExactly(2, 3);
            assertThat(entries.get(0).getDimensions().getTenant()).isEqualTo("acme");
            assertThat(entries.get(1).getDimensions().getTenant()).isEqualTo("umbrella");
            assertThat(sum()).isEqualByComparingTo("10");
            assertThat(bookkeeper.decide(known, correction, now)).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void applies_a_tombstone_that_came_too_late() {
            given(usage(0).build());
            expire();
            given(tombstone(1));

            assertThat(kinds(ask(Requests.correct("late", ledger, tombstone(1)))))
                    .containsExactly(tuple(EntryKind.REVERSAL, EntryStatus.PRICED, -1));
            assertThat(sum()).isZero();
        }

        @Test
        void applies_several_that_came_too_late_in_whatever_order_they_are_asked_for() {
            given(usage(0).build());
            expire();
            UsageEvent first =
                    usage(1).setMeters(List.of(meter("uncached_input", "1"))).build();
            UsageEvent second =
                    usage(2).setMeters(List.of(meter("uncached_input", "2"))).build();
            given(first, second);

            ask(Requests.correct("late-2", ledger, second));
            assertThat(kinds(ask(Requests.correct("late-1", ledger, first))))
                    .containsExactly(tuple(EntryKind.MEMO, EntryStatus.SUPERSEDED, 0));
            assertThat(sum()).isEqualByComparingTo("0.002");
        }

        @Test
        void applies_a_tombstone_that_came_when_the_event_was_forgotten() {
            given(usage(0).build());
            forgetHere();
            given(tombstone(1));
            assertThat(kinds(ledger.subList(1, 2))).containsExactly(tuple(EntryKind.MEMO, EntryStatus.DELETED, 0));

            assertThat(kinds(ask(Requests.correct("late", ledger, tombstone(1)))))
                    .containsExactly(tuple(EntryKind.REVERSAL, EntryStatus.PRICED, -1));
            assertThat(sum()).isZero();
        }

        @Test
        void lists_a_conflict_that_came_too_late() {
            given(usage(0).build());
            expire();
            UsageEvent other =
                    usage(0).setMeters(List.of(meter("uncached_input", "87"))).build();
            given(other);

            assertThat(kinds(ask(Requests.correct("late", ledger, other))))
                    .containsExactly(tuple(EntryKind.MEMO, EntryStatus.CONFLICT, 0));
            assertThat(sum()).isEqualByComparingTo("0.386");
        }
    }

    @Nested
    @DisplayName("to take back what came again after the window")
    class Reverse {
        @Test
        void leaves_the_event_charged_once() {
            given(usage(0).build());
            forgetHere();
            now = NOW.plusSeconds(60);
            given(usage(0).build());
            assertThat(sum()).isEqualByComparingTo("0.772");
            UsageRequest request = Requests.reverse(ledger);

            LedgerEntry reversal = only(ask(request));

            assertThat(reversal.getKind()).isEqualTo(EntryKind.REVERSAL);
            assertThat(reversal.getRequestId()).isEqualTo(request.getRequestId());
            assertThat(reversal.getSequence()).isEqualTo(1);
            assertThat(sum()).isEqualByComparingTo("0.386");
            assertThat(LedgerPosition.of(ledger).bookedAgain()).isEmpty();
            assertThat(bookkeeper.decide(known, request, now)).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void lets_the_highest_revision_stand() {
            given(
                    usage(0).build(),
                    usage(3).setMeters(List.of(meter("uncached_input", "1"))).build());
            forgetHere();
            now = NOW.plusSeconds(60);
            given(usage(0).build());

            ask(Requests.reverse(ledger));

            assertThat(sum()).isEqualByComparingTo("0.001");
            assertThat(standing().getRevision()).isEqualTo(3);
            given(usage(4).setMeters(List.of(meter("uncached_input", "5"))).build());
            assertThat(sum()).isEqualByComparingTo("0.005");
        }

        @Test
        void takes_back_the_lower_revision_if_a_higher_one_came_when_the_event_was_forgotten() {
            given(usage(0).build());
            forgetHere();
            now = NOW.plusSeconds(60);
            given(usage(1).setMeters(List.of(meter("uncached_input", "1"))).build());
            assertThat(sum()).isEqualByComparingTo("0.387");

            ask(Requests.reverse(ledger));

            assertThat(sum()).isEqualByComparingTo("0.001");
            assertThat(standing().getRevision()).isEqualTo(1);
        }

        @Test
        void keeps_the_first_charge_if_the_event_came_again_with_other_units() {
            given(usage(0).build());
            forgetHere();
            now = NOW.plusSeconds(60);
            given(usage(0).setMeters(List.of(meter("uncached_input", "1"))).build());

            ask(Requests.reverse(ledger));

            assertThat(sum()).isEqualByComparingTo("0.386");
            assertThat(standing().getInputTokens()).isEqualTo(86);
            given(tombstone(1));
            assertThat(sum()).isZero();
        }
    }

    @Nested
    @DisplayName("about what came again after the window")
    class Again {
        /** The sender repeats the last state of the event only, and the job has forgotten how it came to it. */
        @Test
        void takes_back_the_repeated_correction_and_not_what_it_had_replaced_long_ago() {
            given(
                    usage(0).build(),
                    usage(1).setMeters(List.of(meter("uncached_input", "1"))).build());
            forgetHere();
            now = NOW.plusSeconds(60);
            given(usage(1).setMeters(List.of(meter("uncached_input", "1"))).build());
            assertThat(sum()).isEqualByComparingTo("0.002");

            ask(Requests.reverse(ledger));

            assertThat(sum()).isEqualByComparingTo("0.001");
            assertThat(LedgerPosition.of(ledger).bookedAgain()).isEmpty();
            assertThat(standing().getRevision()).isEqualTo(1);
        }

        @Test
        void takes_back_what_was_deleted_before_it_came_again() {
            given(usage(0).build(), tombstone(1));
            forgetHere();
            now = NOW.plusSeconds(60);
            given(usage(0).build());
            assertThat(sum()).isEqualByComparingTo("0.386");

            ask(Requests.reverse(ledger));

            assertThat(sum()).isZero();
            assertThat(((Known.Held) known).position().getStanding()).isNull();
            given(usage(2).build());
            assertThat(sum()).isEqualByComparingTo("0.386");
        }

        /** The deletion was of a lower revision; what came between both was seen by nobody here. */
        @Test
        void lets_no_revision_replace_a_higher_one_that_only_the_ledger_remembers() {
            given(usage(3).build());
            forgetHere();
            now = NOW.plusSeconds(60);
            given(tombstone(1));
            ask(Requests.correct("late", ledger, tombstone(1)));

            given(usage(2).setMeters(List.of(meter("uncached_input", "1"))).build());

            assertThat(sum()).isEqualByComparingTo("0.386");
            assertThat(standing().getRevision()).isEqualTo(3);
        }

        /** A row that ClickHouse has twice is one charge in the log: a reversal of it would be one too many. */
        @Test
        void leaves_alone_a_charge_whose_row_the_ledger_holds_twice() {
            given(usage(0).build());
            List<LedgerEntry> doubled = List.of(ledger.get(0), ledger.get(0));

            assertThat(LedgerPosition.of(doubled).bookedAgain()).isEmpty();
            assertThat(LedgerPosition.of(doubled).position().getStanding()).isEqualTo(ledger.get(0));
        }
    }

    @Nested
    @DisplayName("breaks the rules")
    class Rules {
        @Test
        void without_what_its_kind_needs() {
            given(usage(0).build());

            assertThat(field(Requests.request("r", RequestKind.UNKNOWN, ledger)))
                    .isEqualTo("kind");
            assertThat(field(Requests.request("r", RequestKind.CORRECT, ledger)))
                    .isEqualTo("event");
            assertThat(field(Requests.request("r", RequestKind.REVERSE, ledger)))
                    .isEqualTo("charge");
            assertThat(field(Requests.request(" ", RequestKind.REPRICE, ledger)))
                    .isEqualTo("request_id");
            assertThat(field(Requests.request("r", RequestKind.REPRICE, ledger).setReason("")))
                    .isEqualTo("reason");
            assertThat(field(Requests.request("r", RequestKind.REPRICE, ledger).setEventId("another")))
                    .isEqualTo("position.event_id");
            assertThat(field(Requests.request("r", RequestKind.CORRECT, ledger)
                            .setEvent(usage(0).setRevision(-1).build())))
                    .isEqualTo("event.revision");
            assertThat(RequestRules.violation(Requests.reprice("r", ledger))).isEmpty();
        }

        private static String field(UsageRequest.Builder request) {
            return RequestRules.violation(request.build()).orElseThrow().field();
        }
    }

    private void given(UsageEvent... events) {
        for (UsageEvent event : events) {
            if (bookkeeper.decide(known, event, now) instanceof Decision.Booked booked) {
                book(booked);
            }
        }
    }

    private List<LedgerEntry> ask(UsageRequest request) {
        Decision.Booked booked = (Decision.Booked) bookkeeper.decide(known, request, now);
        book(booked);
        return booked.entries();
    }

    private void book(Decision.Booked booked) {
        ledger.addAll(booked.entries());
        known = booked.next();
    }

    private void expire() {
        known = new Known.Remembered(((Known.Held) known).memory());
    }

    private void forgetHere() {
        known = new Known.Unseen();
    }

    private void forget() {
        forgetHere();
        ledger.clear();
    }

    private LedgerEntry standing() {
        return Objects.requireNonNull(((Known.Held) known).position().getStanding());
    }

    private BigDecimal sum() {
        return ledger.stream()
                .map(LedgerEntry::getListCost)
                .filter(Objects::nonNull)
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static LedgerEntry only(List<LedgerEntry> entries) {
        assertThat(entries).hasSize(1);
        return entries.get(0);
    }

    private static List<Tuple> kinds(List<LedgerEntry> entries) {
        return entries.stream()
                .map(entry -> tuple(entry.getKind(), entry.getStatus(), entry.getRequests()))
                .toList();
    }

    private static String plain(BigDecimal amount) {
        return amount.stripTrailingZeros().toPlainString();
    }
}
