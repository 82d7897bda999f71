package io.costops.enrichment.position;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.RequestKind;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("Whatever records, prices and requests an event sees")
class RequestPropertyTest {
    private static final int HISTORIES = 100;
    private static final int STEPS = 12;
    private static final Instant NOW = Instant.parse("2026-08-03T12:00:00Z");

    static IntStream seeds() {
        return IntStream.range(0, 20);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void the_ledger_adds_up_to_what_stands_and_tells_the_position_that_the_operator_holds(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < HISTORIES; i++) {
            ChangingRating rating = new ChangingRating().price("gpt-4o", "0.001");
            Bookkeeper bookkeeper = new Bookkeeper(rating, BillingCalendar.everyMonthOpen());
            List<LedgerEntry> ledger = new ArrayList<>();
            Known known = new Known.Unseen();
            for (int step = 0; step < STEPS; step++) {
                Decision decision;
                if (ledger.isEmpty() || random.nextInt(3) > 0) {
                    decision = bookkeeper.decide(known, record(random), NOW.plusSeconds(step));
                } else {
                    if (random.nextBoolean()) {
                        known = new Known.Unseen();
                    }
                    changePrices(random, rating);
                    decision = bookkeeper.decide(
                            known,
                            Requests.request("r-" + step, RequestKind.REPRICE, ledger)
                                    .build(),
                            NOW.plusSeconds(step));
                    if (known instanceof Known.Unseen && !(decision instanceof Decision.Booked)) {
                        // Nothing was to be changed, so nothing of the event is known here: its next record is its
                        // first.
                        break;
                    }
                }
                if (decision instanceof Decision.Booked booked) {
                    ledger.addAll(booked.entries());
                    known = booked.next();
                }

                Position held = ((Known.Held) known).position();
                LedgerEntry standing = held.getStanding();
                assertThat(costs(ledger)).isEqualTo(costs(standing == null ? List.of() : List.of(standing)));
                LedgerPosition read = LedgerPosition.of(ledger);
                assertThat(read.bookedAgain()).isEmpty();
                assertThat(read.position().getNextSequence()).isEqualTo(held.getNextSequence());
                assertThat(read.position().getHighestRevision()).isEqualTo(held.getHighestRevision());
                assertThat(String.valueOf(read.position().getStanding())).isEqualTo(String.valueOf(standing));
                assertThat(read.position().getUnitsHash()).isEqualTo(held.getUnitsHash());
                if (standing != null
                        && decision instanceof Decision.Booked
                        && !held.getRequestsApplied().isEmpty()) {
                    assertThat(((Repricing.To) bookkeeper.reprice(standing))
                                    .target()
                                    .getLines())
                            .as("usage comes back from a charge whole")
                            .hasSameSizeAs(standing.getLines());
                }
            }
        }
    }

    /** Forgotten, an event begins anew: the ledger then holds several lives of it, each of which knew nothing of the others. */
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void what_came_again_is_told_from_what_stands_and_taken_back_it_leaves_the_highest_version_charged_once(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < HISTORIES; i++) {
            Lives lives = new Lives(random);
            for (int step = 0; step < STEPS; step++) {
                lives.step();
                lives.assertTold();
            }
            lives.takeBack();
            lives.assertTold();
            lives.assertHighestStands();
        }
    }

    /** An event that is forgotten again and again, and what the adjuster asks for it. */
    private static final class Lives {
        private final Random random;
        private final ChangingRating rating = new ChangingRating().price("gpt-4o", "0.001");
        private final Bookkeeper bookkeeper = new Bookkeeper(rating, BillingCalendar.everyMonthOpen());
        private final List<LedgerEntry> ledger = new ArrayList<>();
        private final Map<String, UsageEvent> late = new HashMap<>();
        private Known known = new Known.Unseen();
        private Instant now = NOW;
        private Version highest = new Version(-1, Claim.NO_USAGE);

        private Lives(Random random) {
            this.random = random;
        }

        private void step() {
            now = now.plusSeconds(1);
            switch (ledger.isEmpty() ? 9 : random.nextInt(12)) {
                case 0, 1 -> {
                    known = new Known.Unseen();
                    now = now.plus(Duration.ofDays(4));
                }
                case 2 -> known = known instanceof Known.Held held ? new Known.Remembered(held.memory()) : known;
                case 3 -> takeBack();
                case 4 -> {
                    changePrices(random, rating);
                    if (LedgerPosition.of(ledger).bookedAgain().isEmpty()) {
                        decide(Requests.reprice("price-" + ledger.size() + now, ledger));
                    }
                }
                default -> take(record(random));
            }
            applyLate();
        }

        private void take(UsageEvent event) {
            Version version = Version.of(event);
            highest = version.compareTo(highest) > 0 ? version : highest;
            Decision decision = bookkeeper.decide(known, event, now);
            for (LedgerEntry entry : book(decision)) {
                if (entry.getStatus() == EntryStatus.POSITION_EXPIRED || entry.getStatus() == EntryStatus.DELETED) {
                    late.put(entry.getEntryId() + entry.getRecordedAt(), event);
                }
            }
        }

        /** As the view pending_corrections has them. */
        private void applyLate() {
            for (Map.Entry<String, UsageEvent> record : Map.copyOf(late).entrySet()) {
                boolean stands =
                        ledger.stream().mapToInt(LedgerEntry::getRequests).sum() > 0;
                if (stands || !record.getValue().getDeleted()) {
                    now = now.plusSeconds(1);
                    late.remove(record.getKey());
                    decide(Requests.correct("late:" + record.getKey(), ledger, record.getValue()));
                }
            }
        }

        private void takeBack() {
            while (!ledger.isEmpty() && !LedgerPosition.of(ledger).bookedAgain().isEmpty()) {
                now = now.plusSeconds(1);
                decide(Requests.reverse(ledger));
            }
        }

        private void decide(UsageRequest request) {
            book(bookkeeper.decide(known, request, now));
        }

        private List<LedgerEntry> book(Decision decision) {
            if (decision instanceof Decision.Booked booked) {
                ledger.addAll(booked.entries());
                known = booked.next();
                return booked.entries();
            }
            return List.of();
        }

        /** The ledger is the sum of what stands and of what is too much; its order says nothing. */
        private void assertTold() {
            List<LedgerEntry> shuffled = new ArrayList<>(ledger);
            Collections.shuffle(shuffled, random);
            LedgerPosition read = LedgerPosition.of(shuffled);
            List<LedgerEntry> told = new ArrayList<>(read.bookedAgain());
            if (read.position().getStanding() != null) {
                told.add(read.position().getStanding());
            }
            assertThat(costs(ledger)).as("%s", this).isEqualTo(costs(told));
        }

        private void assertHighestStands() {
            LedgerPosition read = LedgerPosition.of(ledger);
            LedgerEntry standing = read.position().getStanding();
            assertThat(read.bookedAgain()).isEmpty();
            if (standing == null) {
                assertThat(highest.claim()).as("%s", this).isEqualTo(Claim.DELETED);
            } else {
                assertThat(standing.getRevision()).as("%s", this).isEqualTo(highest.revision());
                assertThat(highest.claim()).as("%s", this).isNotEqualTo(Claim.DELETED);
            }
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("highest ").append(highest).append('\n');
            for (LedgerEntry entry : ledger) {
                text.append(entry.getSequence())
                        .append(' ')
                        .append(entry.getKind())
                        .append(' ')
                        .append(entry.getStatus())
                        .append(" r")
                        .append(entry.getRevision())
                        .append(' ')
                        .append(entry.getListCost())
                        .append(' ')
                        .append(entry.getRecordedAt())
                        .append(' ')
                        .append(entry.getRequestId())
                        .append('\n');
            }
            return text.toString();
        }
    }

    private static void changePrices(Random random, ChangingRating rating) {
        switch (random.nextInt(5)) {
            case 0 -> rating.withdraw("gpt-4o");
            case 1 -> rating.withoutRateFor(Meter.AUDIO_SECONDS);
            case 2 -> rating.withoutRateFor();
            case 3 -> rating.in(random.nextBoolean() ? "USD" : "EUR");
            default -> rating.price("gpt-4o", "0.00" + (1 + random.nextInt(999)));
        }
    }

    /** Requests, tokens and costs by tenant, project, time, model and currency, without those that are 0. */
    private static Map<List<Object>, BigDecimal> costs(List<LedgerEntry> entries) {
        Map<List<Object>, BigDecimal> sums = new HashMap<>();
        for (LedgerEntry entry : entries) {
            List<Object> group = List.of(
                    entry.getDimensions().getTenant(),
                    entry.getDimensions().getProject(),
                    entry.getEventTime(),
                    entry.getModel());
            sums.merge(List.of(group, "requests"), BigDecimal.valueOf(entry.getRequests()), BigDecimal::add);
            sums.merge(List.of(group, "input"), BigDecimal.valueOf(entry.getInputTokens()), BigDecimal::add);
            sums.merge(List.of(group, "output"), BigDecimal.valueOf(entry.getOutputTokens()), BigDecimal::add);
            if (entry.getListCost() != null) {
                sums.merge(List.of(group, entry.getPricingCurrency()), entry.getListCost(), BigDecimal::add);
            }
            entry.getLines().forEach(line -> {
                sums.merge(List.of(group, line.getMeter()), line.getQuantity(), BigDecimal::add);
                if (line.getBilledCost() != null) {
                    sums.merge(
                            List.of(group, line.getMeter(), entry.getBillingCurrency()),
                            line.getBilledCost(),
                            BigDecimal::add);
                }
            });
        }
        sums.values().removeIf(sum -> sum.signum() == 0);
        return sums;
    }

    private static UsageEvent record(Random random) {
        UsageEvent.Builder event = Events.usage(random.nextInt(5))
                .setModel(random.nextInt(4) == 0 ? "nobody-knows" : "gpt-4o")
                .setEventTime(Events.CHARGED.plus(Duration.ofHours(random.nextInt(3))))
                .setDimensions(Dimensions.newBuilder()
                        .setTenant(random.nextBoolean() ? "acme" : "umbrella")
                        .setProject("chatbot")
                        .build())
                .setMeters(List.of(
                        Events.meter("uncached_input", Integer.toString(random.nextInt(4))),
                        Events.meter("output_text", Integer.toString(1 + random.nextInt(1_000))),
                        Events.meter("audio_seconds", "12." + random.nextInt(1_000))));
        return switch (random.nextInt(8)) {
            case 0 -> event.setDeleted(true).build();
            case 1 -> event.setStatus(UsageStatus.NO_USAGE).setMeters(List.of()).build();
            case 2 -> event.setStatus(UsageStatus.GATEWAY_CACHE_HIT).build();
            default -> event.build();
        };
    }
}
