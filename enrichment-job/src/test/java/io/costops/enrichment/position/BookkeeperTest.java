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
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.BillingPeriod;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class BookkeeperTest {
    private static final Instant NOW = Instant.parse("2026-08-03T12:00:00.123456789Z");

    private final Bookkeeper bookkeeper = new Bookkeeper(new FixedRating(), BillingCalendar.everyMonthOpen());
    private Known known = new Known.Unseen();

    @Nested
    @DisplayName("an event that is new")
    class New {
        @Test
        void is_booked_as_usage_with_its_cost_and_every_fact_about_it() {
            UsageEvent event = usage(0).setGateway("litellm")
                    .setRegion("eu")
                    .setServiceTier("default")
                    .setReportedCost(new BigDecimal("0.01").setScale(30))
                    .setPricingAttributes(Map.of("speed", "fast"))
                    .setLatencyMs(840L)
                    .setOutcome("stop")
                    .setAttempt(2)
                    .setQuality(0.5)
                    .build();

            LedgerEntry entry = only(entriesFor(event));

            assertThat(kinds(List.of(entry))).containsExactly(tuple(EntryKind.USAGE, EntryStatus.PRICED, 1));
            assertThat(entry.getListCost()).isEqualByComparingTo("0.000965");
            assertThat(entry.getContractedCost()).isEqualByComparingTo("0.0008685");
            assertThat(entry.getBilledCost()).isEqualByComparingTo("0.00043425");
            assertThat(entry.getEffectiveCost()).isEqualByComparingTo("0.000217125");
            assertThat(entry.getReportedCost()).isEqualByComparingTo("0.01");
            assertThat(entry.getInputTokens()).isEqualTo(86);
            assertThat(entry.getOutputTokens()).isEqualTo(300);
            assertThat(entry.getLines())
                    .extracting(LedgerLine::getMeter, line -> line.getQuantity().longValueExact())
                    .containsExactly(tuple("uncached_input", 86L), tuple("output_text", 300L));
            assertThat(entry.getLines().get(0).getListCost()).isEqualByComparingTo("0.000215");
            assertThat(entry.getLines().get(0).getListUnitPrice()).isEqualByComparingTo("0.0000025");
            assertThat(entry.getLines().get(0).getPriceField()).isEqualTo("input_cost_per_token");
            assertThat(entry.getPricingCurrency()).isEqualTo("USD");
            assertThat(entry.getBillingCurrency()).isEqualTo("EUR");
            assertThat(entry.getPriceKey()).isEqualTo("gpt-4o");
            assertThat(entry.getPriceRevision()).isEqualTo("list/gpt-4o@1");
            assertThat(entry.getAttributionRevision()).isEqualTo("rule-1");
            assertThat(entry.getRuleVersion()).isNotEmpty();
            assertThat(entry.getDimensions().getTeam()).isEqualTo("team of chatbot");
            assertThat(entry.getTags()).containsExactly(Map.entry("k", "v"));
            assertThat(entry.getEventTime()).isEqualTo(event.getEventTime());
            assertThat(entry.getReceivedAt()).isEqualTo(event.getReceivedAt());
            assertThat(entry.getRecordedAt()).isEqualTo("2026-08-03T12:00:00.123456Z");
            assertThat(entry.getBillingPeriod()).isEqualTo(LocalDate.of(2026, 7, 1));
            assertThat(entry.getGateway()).isEqualTo("litellm");
            assertThat(entry.getRegion()).isEqualTo("eu");
            assertThat(entry.getServiceTier()).isEqualTo("standard");
            assertThat(entry.getPricingAttributes()).containsEntry("speed", "fast");
            assertThat(entry.getLatencyMs()).isEqualTo(840);
            assertThat(entry.getOutcome()).isEqualTo("stop");
            assertThat(entry.getAttempt()).isEqualTo(2);
            assertThat(entry.getQuality()).isEqualTo(0.5);
            assertThat(entry.getOrigin()).isEqualTo(event.getOrigin());
        }

        @Test
        void without_a_price_is_booked_with_its_quantities_and_no_cost() {
            LedgerEntry entry =
                    only(entriesFor(usage(0).setModel(FixedRating.UNKNOWN_MODEL).build()));

            assertThat(kinds(List.of(entry))).containsExactly(tuple(EntryKind.USAGE, EntryStatus.UNPRICED, 1));
            assertThat(entry.getListCost()).isNull();
            assertThat(entry.getBilledCost()).isNull();
            assertThat(entry.getInputTokens()).isEqualTo(86);
            assertThat(entry.getLines())
                    .extracting(
                            LedgerLine::getMeter, line -> line.getQuantity().longValueExact(), LedgerLine::getListCost)
                    .containsExactly(tuple("uncached_input", 86L, null), tuple("output_text", 300L, null));
            assertThat(entry.getReason()).isEqualTo("no price is known for nobody-knows");
        }

        @Test
        void without_usage_is_booked_as_a_request_at_no_cost() {
            LedgerEntry entry = only(entriesFor(noUsage(0)));

            assertThat(kinds(List.of(entry))).containsExactly(tuple(EntryKind.USAGE, EntryStatus.NO_USAGE, 1));
            assertThat(entry.getListCost()).isNull();
            assertThat(entry.getLines()).isEmpty();
        }

        @Test
        void from_a_gateways_cache_costs_nothing_which_is_a_cost_of_0() {
            LedgerEntry entry = only(
                    entriesFor(usage(0).setStatus(UsageStatus.GATEWAY_CACHE_HIT).build()));

            assertThat(kinds(List.of(entry))).containsExactly(tuple(EntryKind.USAGE, EntryStatus.GATEWAY_CACHE_HIT, 1));
            assertThat(entry.getListCost()).isZero();
            assertThat(entry.getLines()).extracting(LedgerLine::getBilledCost).allMatch(cost -> cost.signum() == 0);
            assertThat(entry.getOutputTokens()).isEqualTo(300);
        }

        @Test
        void whose_cost_the_ledger_cant_hold_is_refused_and_leaves_no_trace() {
            Decision decision = bookkeeper.decide(
                    known, usage(0).setModel(FixedRating.PRICELESS_MODEL).build(), NOW);

            assertThat(decision).isEqualTo(new Decision.Refused("list_cost", "the cost is 10^30 or more"));
        }

        @Test
        void has_an_entry_id_that_anyone_can_compute() {
            LedgerEntry entry = only(entriesFor(usage(0).build()));

            // printf '\0\0\0\x11openai:chatcmpl-1\0\0\0\x010\0\0\0\x05USAGE\0\0\0\x010' | sha256sum | cut -c1-32
            assertThat(entry.getEntryId()).isEqualTo("d09d0136851b2b66afec612361974fc2");
        }
    }

    @Nested
    @DisplayName("the same revision again")
    class Again {
        @Test
        void with_the_same_units_changes_nothing() {
            given(usage(0).build());

            assertThat(decide(usage(0).build())).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void through_another_door_is_the_same_charge_though_all_but_the_units_differs() {
            given(usage(0).build());

            UsageEvent span = usage(0).setSourceKind("otel.genai")
                    .setModel("gpt-4o-2026-01-01")
                    .setDimensions(new Dimensions())
                    .setTags(Map.of())
                    .setLatencyMs(12L)
                    .setMeters(List.of(
                            meter("output_text", "300.0"), meter("cache_read", "0"), meter("uncached_input", "86")))
                    .build();
            assertThat(decide(span)).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void with_other_units_is_listed_as_a_conflict_that_is_in_no_sum() {
            given(usage(0).build());

            LedgerEntry memo = only(entriesFor(conflicting(0)));

            assertThat(kinds(List.of(memo))).containsExactly(tuple(EntryKind.MEMO, EntryStatus.CONFLICT, 0));
            assertThat(memo.getReason())
                    .isEqualTo("revision 0 says uncached_input 87, but what stands is output_text 300,"
                            + " uncached_input 86");
            assertThat(memo.getListCost()).isNull();
            assertThat(memo.getLines()).isEmpty();
            assertThat(memo.getInputTokens()).isZero();
            assertThat(memo.getDimensions().getTenant()).isEqualTo("acme");
        }

        @Test
        void as_a_conflict_is_listed_once() {
            given(usage(0).build(), conflicting(0));

            assertThat(decide(conflicting(0))).isEqualTo(new Decision.Duplicate());
            assertThat(decide(usage(0).build())).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void with_usage_at_last_replaces_the_record_without() {
            given(noUsage(0));

            assertThat(kinds(entriesFor(usage(0).build())))
                    .containsExactly(
                            tuple(EntryKind.REVERSAL, EntryStatus.NO_USAGE, -1),
                            tuple(EntryKind.CORRECTION, EntryStatus.PRICED, 1));
        }

        @Test
        void without_usage_says_no_more_than_what_stands() {
            given(usage(0).build());

            assertThat(decide(noUsage(0))).isEqualTo(new Decision.Duplicate());
        }
    }

    @Nested
    @DisplayName("a higher revision")
    class Higher {
        @Test
        void reverses_exactly_what_stands_and_books_what_replaces_it() {
            LedgerEntry standing = only(entriesFor(usage(0).setReportedCost(new BigDecimal("0.01").setScale(30))
                    .build()));
            Instant earlier = Instant.parse("2026-06-30T08:00:00Z");

            List<LedgerEntry> entries = entriesFor(usage(2).setModel("odd")
                    .setDimensions(Dimensions.newBuilder()
                            .setTenant("umbrella")
                            .setProject("search")
                            .build())
                    .setEventTime(earlier)
                    .setMeters(List.of(meter("cache_read", "7")))
                    .build());

            assertThat(kinds(entries))
                    .containsExactly(
                            tuple(EntryKind.REVERSAL, EntryStatus.PRICED, -1),
                            tuple(EntryKind.CORRECTION, EntryStatus.PRICED, 1));
            LedgerEntry reversal = entries.get(0);
            assertThat(reversal.getRevision()).isZero();
            assertThat(reversal.getSequence()).isEqualTo(1);
            assertThat(reversal.getDimensions()).isEqualTo(standing.getDimensions());
            assertThat(reversal.getEventTime()).isEqualTo(standing.getEventTime());
            assertThat(reversal.getModel()).isEqualTo("gpt-4o");
            assertThat(reversal.getPriceRevision()).isEqualTo(standing.getPriceRevision());
            assertThat(reversal.getListCost()).isEqualTo(standing.getListCost().negate());
            assertThat(reversal.getReportedCost()).isEqualByComparingTo("-0.01");
            assertThat(reversal.getInputTokens()).isEqualTo(-86);
            assertThat(reversal.getLines().get(1).getQuantity()).isEqualByComparingTo("-300");
            assertThat(reversal.getLines().get(1).getListUnitPrice()).isEqualByComparingTo("0.0000025");
            assertThat(reversal.getReason()).isEqualTo("replaced by revision 2");
            assertThat(reversal.getOrigin().getOffset()).isEqualTo(102);
            LedgerEntry correction = entries.get(1);
            assertThat(correction.getRevision()).isEqualTo(2);
            assertThat(correction.getSequence()).isEqualTo(2);
            assertThat(correction.getListCost()).isEqualByComparingTo("0.00000008641975230861");
            assertThat(correction.getDimensions().getTenant()).isEqualTo("umbrella");
            assertThat(correction.getEventTime()).isEqualTo(earlier);
            assertThat(correction.getBillingPeriod()).isEqualTo(LocalDate.of(2026, 6, 1));
            assertThat(correction.getReason()).isEqualTo("replaces revision 0");
        }

        @Test
        void with_the_same_units_is_a_correction_too_for_it_may_change_who_pays() {
            given(usage(0).build());

            assertThat(kinds(entriesFor(usage(1).build())))
                    .extracting(tuple -> tuple.toList().get(0))
                    .containsExactly(EntryKind.REVERSAL, EntryKind.CORRECTION);
        }

        @Test
        void makes_the_one_that_it_replaced_a_duplicate() {
            given(usage(0).build(), usage(1).build());

            assertThat(decide(usage(0).build())).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void whose_cost_is_refused_leaves_what_stands() {
            given(usage(0).build());

            assertThat(decide(usage(1).setModel(FixedRating.PRICELESS_MODEL).build()))
                    .isInstanceOf(Decision.Refused.class);
            assertThat(decide(usage(0).build())).isEqualTo(new Decision.Duplicate());
        }
    }

    @Nested
    @DisplayName("a lower revision than the highest that was seen")
    class Lower {
        @Test
        void is_noted_as_superseded_once() {
            given(usage(5).build());

            LedgerEntry memo = only(entriesFor(usage(4).build()));
            assertThat(kinds(List.of(memo))).containsExactly(tuple(EntryKind.MEMO, EntryStatus.SUPERSEDED, 0));
            assertThat(memo.getReason())
                    .isEqualTo("revision 4 says output_text 300, uncached_input 86, but revision 5 came before it");
            assertThat(decide(usage(4).build())).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void is_superseded_by_a_deletion_as_well() {
            given(tombstone(5));

            assertThat(kinds(entriesFor(usage(4).build())))
                    .containsExactly(tuple(EntryKind.MEMO, EntryStatus.SUPERSEDED, 0));
        }

        @Test
        void as_a_tombstone_deletes_nothing() {
            given(usage(5).build());

            assertThat(kinds(entriesFor(tombstone(4))))
                    .containsExactly(tuple(EntryKind.MEMO, EntryStatus.SUPERSEDED, 0));
        }
    }

    @Nested
    @DisplayName("a tombstone")
    class Tombstone {
        @Test
        void reverses_what_stands_at_its_own_revision_too() {
            given(usage(0).build());

            List<LedgerEntry> entries = entriesFor(tombstone(0));

            assertThat(kinds(entries)).containsExactly(tuple(EntryKind.REVERSAL, EntryStatus.PRICED, -1));
            assertThat(only(entries).getReason()).isEqualTo("deleted by revision 0");
            assertThat(((Known.Held) known).position().getStanding()).isNull();
        }

        @Test
        void for_an_event_that_was_not_seen_is_noted_and_holds_against_what_comes_late() {
            assertThat(kinds(entriesFor(tombstone(0)))).containsExactly(tuple(EntryKind.MEMO, EntryStatus.DELETED, 0));
            assertThat(kinds(entriesFor(usage(0).build())))
                    .containsExactly(tuple(EntryKind.MEMO, EntryStatus.SUPERSEDED, 0));
            assertThat(decide(noUsage(0))).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void again_changes_nothing_and_of_a_higher_revision_is_noted() {
            given(usage(0).build(), tombstone(1));

            assertThat(decide(tombstone(1))).isEqualTo(new Decision.Duplicate());
            assertThat(kinds(entriesFor(tombstone(2)))).containsExactly(tuple(EntryKind.MEMO, EntryStatus.DELETED, 0));
        }

        @Test
        void is_overruled_by_a_higher_revision() {
            given(usage(0).build(), tombstone(1));

            assertThat(kinds(entriesFor(usage(2).build())))
                    .containsExactly(tuple(EntryKind.CORRECTION, EntryStatus.PRICED, 1));
        }
    }

    @Nested
    @DisplayName("once the position has passed its horizon")
    class Expired {
        @Test
        void a_repeat_is_still_a_duplicate() {
            given(usage(1).build(), usage(0).build());
            expire();

            assertThat(decide(usage(1).build())).isEqualTo(new Decision.Duplicate());
            assertThat(decide(usage(0).build())).isEqualTo(new Decision.Duplicate());
            assertThat(decide(noUsage(1))).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void a_higher_revision_is_noted_once_and_changes_no_sum() {
            given(usage(0).build());
            expire();

            LedgerEntry memo = only(entriesFor(usage(1).build()));

            assertThat(kinds(List.of(memo))).containsExactly(tuple(EntryKind.MEMO, EntryStatus.POSITION_EXPIRED, 0));
            assertThat(memo.getSequence()).isEqualTo(1);
            assertThat(memo.getReason()).startsWith("revision 1 says output_text 300, uncached_input 86; what stands");
            assertThat(decide(usage(1).build())).isEqualTo(new Decision.Duplicate());
            assertThat(decide(usage(0).build())).isEqualTo(new Decision.Duplicate());
        }

        @Test
        void a_conflict_a_deletion_and_usage_after_none_are_noted_so_too() {
            for (UsageEvent late : List.of(conflicting(0), tombstone(0), tombstone(1))) {
                known = new Known.Unseen();
                given(usage(0).build());
                expire();
                assertThat(kinds(entriesFor(late)))
                        .containsExactly(tuple(EntryKind.MEMO, EntryStatus.POSITION_EXPIRED, 0));
            }
            known = new Known.Unseen();
            given(noUsage(0));
            expire();
            assertThat(kinds(entriesFor(usage(0).build())))
                    .containsExactly(tuple(EntryKind.MEMO, EntryStatus.POSITION_EXPIRED, 0));
        }

        @Test
        void a_lower_revision_is_superseded_as_ever() {
            given(usage(1).build());
            expire();

            assertThat(kinds(entriesFor(usage(0).build())))
                    .containsExactly(tuple(EntryKind.MEMO, EntryStatus.SUPERSEDED, 0));
        }

        private void expire() {
            known = new Known.Remembered(((Known.Held) known).memory());
        }
    }

    @Nested
    @DisplayName("the billing period")
    class Billing {
        @Test
        void is_the_month_that_is_open_once_the_charges_own_month_is_closed() {
            YearMonth open = YearMonth.of(2026, 8);
            BillingCalendar julyClosed = (charged, recorded) -> {
                BillingPeriod own = BillingPeriod.of(charged);
                return own.month().isBefore(open) ? new BillingPeriod(open) : own;
            };
            given(usage(0).build());

            Decision decision = new Bookkeeper(new FixedRating(), julyClosed).decide(known, usage(1).build(), NOW);

            assertThat(((Decision.Booked) decision).entries())
                    .extracting(LedgerEntry::getBillingPeriod)
                    .containsOnly(LocalDate.of(2026, 8, 1));
        }
    }

    @Nested
    @DisplayName("an event with more other records than are remembered")
    class Flooded {
        @Test
        void keeps_a_bounded_memory() {
            given(usage(1_000).build());
            for (int revision = 0; revision < 2 * Memory.MAX_OTHERS; revision++) {
                entriesFor(usage(revision).build());
            }

            Memory memory = ((Known.Held) known).memory();
            assertThat(memory.others()).hasSize(Memory.MAX_OTHERS);
            assertThat(memory.nextSequence()).isEqualTo(1 + 2 * Memory.MAX_OTHERS);
            assertThat(decide(usage(2 * Memory.MAX_OTHERS - 1).build())).isEqualTo(new Decision.Duplicate());
            assertThat(decide(usage(1_000).build())).isEqualTo(new Decision.Duplicate());
        }
    }

    private static UsageEvent conflicting(long revision) {
        return usage(revision).setMeters(List.of(meter("uncached_input", "87"))).build();
    }

    private void given(UsageEvent... events) {
        for (UsageEvent event : events) {
            entriesFor(event);
        }
    }

    private Decision decide(UsageEvent event) {
        return bookkeeper.decide(known, event, NOW);
    }

    private List<LedgerEntry> entriesFor(UsageEvent event) {
        Decision.Booked booked = (Decision.Booked) decide(event);
        known = booked.next();
        return booked.entries();
    }

    private static LedgerEntry only(List<LedgerEntry> entries) {
        assertThat(entries).hasSize(1);
        return entries.get(0);
    }

    private static List<Tuple> kinds(List<LedgerEntry> entries) {
        List<Tuple> kinds = new ArrayList<>();
        entries.forEach(entry -> kinds.add(tuple(entry.getKind(), entry.getStatus(), entry.getRequests())));
        return kinds;
    }
}
