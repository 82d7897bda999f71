package io.costops.enrichment.position;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.RequestKind;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
