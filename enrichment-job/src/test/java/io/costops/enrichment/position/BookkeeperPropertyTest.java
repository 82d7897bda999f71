package io.costops.enrichment.position;

import static io.costops.enrichment.position.Events.meter;
import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("Whatever the records of an event and their order")
class BookkeeperPropertyTest {
    private static final int HISTORIES = 2_000;
    private static final Instant NOW = Instant.parse("2026-08-03T12:00:00Z");

    private final Bookkeeper bookkeeper = new Bookkeeper(new FixedRating(), BillingCalendar.everyMonthOpen());

    static IntStream seeds() {
        return IntStream.range(0, 20);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void the_entries_add_up_to_what_stands_after_each_record(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < HISTORIES / 20; i++) {
            List<UsageEvent> history = history(random);
            List<LedgerEntry> ledger = new ArrayList<>();
            Known known = new Known.Unseen();
            for (int seen = 1; seen <= history.size(); seen++) {
                known = book(known, history.get(seen - 1), ledger);

                assertThat(Sums.of(ledger)).isEqualTo(Sums.of(standing(history.subList(0, seen))));
                LedgerEntry standing = ((Known.Held) known).position().getStanding();
                assertThat(Sums.of(ledger)).isEqualTo(Sums.of(standing == null ? List.of() : List.of(standing)));
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void a_replay_changes_no_figure_and_the_next_one_books_nothing(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < HISTORIES / 20; i++) {
            List<UsageEvent> history = history(random);
            List<LedgerEntry> ledger = new ArrayList<>();
            Known known = new Known.Unseen();
            for (UsageEvent event : history) {
                known = book(known, event, ledger);
            }
            List<LedgerEntry> before = List.copyOf(ledger);

            Collections.shuffle(history, random);
            for (UsageEvent event : history) {
                known = book(known, event, ledger);
            }
            assertThat(Sums.of(ledger)).isEqualTo(Sums.of(before));
            assertThat(ledger.subList(before.size(), ledger.size()))
                    .extracting(LedgerEntry::getKind)
                    .allMatch(kind -> kind == EntryKind.MEMO);

            for (UsageEvent event : history) {
                assertThat(bookkeeper.decide(known, event, NOW)).isEqualTo(new Decision.Duplicate());
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void entries_are_numbered_without_a_gap_and_their_ids_are_unique(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < HISTORIES / 20; i++) {
            List<LedgerEntry> ledger = new ArrayList<>();
            Known known = new Known.Unseen();
            for (UsageEvent event : history(random)) {
                known = book(known, event, ledger);
                if (random.nextInt(10) == 0) {
                    known = expired(known);
                }
            }
            assertThat(ledger)
                    .extracting(LedgerEntry::getSequence)
                    .containsExactlyElementsOf(
                            IntStream.range(0, ledger.size()).boxed().toList());
            assertThat(ledger).extracting(LedgerEntry::getEntryId).doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void nothing_is_counted_twice_once_the_position_has_passed_its_horizon(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < HISTORIES / 20; i++) {
            List<UsageEvent> history = history(random);
            int expiry = random.nextInt(history.size()) + 1;
            List<LedgerEntry> ledger = new ArrayList<>();
            Known known = new Known.Unseen();
            for (int seen = 0; seen < history.size(); seen++) {
                known = book(known, history.get(seen), ledger);
                if (seen + 1 == expiry) {
                    known = expired(known);
                }
            }
            assertThat(Sums.of(ledger)).isEqualTo(Sums.of(standing(history.subList(0, expiry))));
        }
    }

    private Known book(Known known, UsageEvent event, List<LedgerEntry> ledger) {
        Decision decision = bookkeeper.decide(known, event, NOW);
        if (decision instanceof Decision.Booked booked) {
            ledger.addAll(booked.entries());
            return booked.next();
        }
        return known;
    }

    private static Known expired(Known known) {
        return known instanceof Known.Held held ? new Known.Remembered(held.memory()) : known;
    }

    /** The rule, told another way: the first of the records of the highest version, charged as if it were alone. */
    private List<LedgerEntry> standing(List<UsageEvent> records) {
        UsageEvent speaks = records.stream()
                .max(Comparator.comparing(UsageEvent::getRevision)
                        .thenComparing(event -> event.getDeleted() ? 2 : hasUsage(event) ? 1 : 0)
                        .thenComparing(event -> -records.indexOf(event)))
                .orElseThrow();
        Decision.Booked alone = (Decision.Booked) bookkeeper.decide(new Known.Unseen(), speaks, NOW);
        return alone.entries();
    }

    private static boolean hasUsage(UsageEvent event) {
        return event.getStatus() != UsageStatus.NO_USAGE;
    }

    /** A few records of one event with repeats, in any order. */
    private static List<UsageEvent> history(Random random) {
        List<UsageEvent> records = new ArrayList<>();
        int different = 1 + random.nextInt(6);
        for (int i = 0; i < different; i++) {
            UsageEvent event = record(random);
            for (int copies = 1 + random.nextInt(2); copies > 0; copies--) {
                records.add(event);
            }
        }
        Collections.shuffle(records, random);
        return records;
    }

    private static UsageEvent record(Random random) {
        UsageEvent.Builder event = usage(random.nextInt(4))
                .setModel(pick(random, "gpt-4o", "gpt-4o-mini", "odd", FixedRating.UNKNOWN_MODEL))
                .setEventTime(Events.CHARGED.plus(Duration.ofHours(random.nextInt(3))))
                .setDimensions(Dimensions.newBuilder()
                        .setTenant(pick(random, "acme", "umbrella"))
                        .setProject(pick(random, "chatbot", "search"))
                        .build())
                .setReportedCost(
                        random.nextBoolean()
                                ? null
                                : new BigDecimal(random.nextInt(1_000)).setScale(LedgerDecimal.SCALE))
                .setMeters(List.of(
                        meter("uncached_input", Integer.toString(random.nextInt(4))),
                        meter("output_text", Integer.toString(1 + random.nextInt(1_000_000))),
                        meter("audio_seconds", "12." + random.nextInt(1_000))));
        return switch (random.nextInt(6)) {
            case 0 -> event.setDeleted(true).build();
            case 1 -> event.setStatus(UsageStatus.NO_USAGE).setMeters(List.of()).build();
            case 2 -> event.setStatus(UsageStatus.GATEWAY_CACHE_HIT).build();
            default -> event.build();
        };
    }

    private static String pick(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
