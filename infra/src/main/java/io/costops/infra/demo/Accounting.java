package io.costops.infra.demo;

import io.costops.infra.text.Progress;
import io.costops.schemas.avro.EntryKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Waits until everything that was published is accounted for: in the ledger or among the rejected records. */
public final class Accounting {
    /** Without any change for so long, what is missing won't come. */
    static final Duration STALLED = Duration.ofMinutes(2);

    private final Supplier<LedgerCounts> counts;
    private final Pause pause;
    private final LongSupplier nanoTime;

    /** Lets time pass between two looks. */
    interface Pause {
        void sleep() throws InterruptedException;
    }

    /**
     * @param counts what came since the traffic began
     */
    Accounting(Supplier<LedgerCounts> counts, Pause pause, LongSupplier nanoTime) {
        this.counts = counts;
        this.pause = pause;
        this.nanoTime = nanoTime;
    }

    /**
     * Waits.
     *
     * @throws DemoException naming what is missing or too much, once nothing moves any more
     */
    void await(Expectation expectation, Progress progress) {
        Map<EntryKind, Long> expected = expectation.entries();
        long all = expected.values().stream().mapToLong(Long::longValue).sum() + expectation.rejectedRecords();
        List<String> differences = settle(
                expectation,
                STALLED,
                now -> progress.show(String.format(
                        Locale.ROOT, "  %,d of %,d ledger entries and rejects are there", now.total(), all)));
        if (!differences.isEmpty()) {
            throw new DemoException("the ledger has not moved for " + STALLED.toMinutes()
                    + " minutes and differs from what was published: " + String.join("; ", differences));
        }
    }

    /**
     * Waits until the ledger counts what is expected, or has not moved for so long.
     *
     * @param counts what came since the traffic began
     * @return what differs still; empty if all is there
     */
    public static List<String> settle(Expectation expectation, Supplier<LedgerCounts> counts, Duration stalled) {
        return new Accounting(counts, () -> TimeUnit.MILLISECONDS.sleep(500), System::nanoTime)
                .settle(expectation, stalled, now -> {});
    }

    private List<String> settle(Expectation expectation, Duration stalled, Consumer<LedgerCounts> progress) {
        LedgerCounts last = counts.get();
        long changedAt = nanoTime.getAsLong();
        while (!differences(expectation, last).isEmpty()) {
            progress.accept(last);
            try {
                pause.sleep();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DemoException("interrupted while waiting for the ledger", e);
            }
            LedgerCounts now = counts.get();
            if (!now.equals(last)) {
                changedAt = nanoTime.getAsLong();
            } else if (nanoTime.getAsLong() - changedAt > stalled.toNanos()) {
                return differences(expectation, now);
            }
            last = now;
        }
        return List.of();
    }

    /** In words, each measure that isn't as it must be. */
    static List<String> differences(Expectation expectation, LedgerCounts counts) {
        List<String> differences = new ArrayList<>();
        Map<EntryKind, Long> expected = expectation.entries();
        for (EntryKind kind : EntryKind.values()) {
            compare(
                    kind.name().toLowerCase(Locale.ROOT) + " entries",
                    expected.getOrDefault(kind, 0L),
                    counts.of(kind),
                    differences);
        }
        compare("rejected records", expectation.rejectedRecords(), counts.rejected(), differences);
        compare("input tokens", expectation.inputTokens(), counts.inputTokens(), differences);
        compare("output tokens", expectation.outputTokens(), counts.outputTokens(), differences);
        return differences;
    }

    private static void compare(String what, long expected, long found, List<String> differences) {
        if (expected != found) {
            differences.add(String.format(Locale.ROOT, "%,d %s instead of %,d", found, what, expected));
        }
    }
}
