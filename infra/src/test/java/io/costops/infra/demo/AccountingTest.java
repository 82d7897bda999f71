package io.costops.infra.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.costops.infra.text.Progress;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.RejectReason;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("the accounting of a demo")
class AccountingTest {
    /** Ten events, one corrected, one rejected record. */
    private static final Expectation EXPECTED = new Expectation(
            12,
            Map.of(Standing.PRICED, 10L),
            Map.of(RejectReason.MALFORMED_JSON, 1L),
            0,
            1,
            0,
            0,
            0,
            0,
            Map.of("acme", 10L),
            1_000,
            100);

    private static final LedgerCounts ALL = counts(10, 1, 1, 1_000);

    private final Deque<LedgerCounts> found = new ArrayDeque<>();
    private final PrintWriter out = new PrintWriter(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    private long now;

    @Test
    void ends_as_soon_as_everything_is_there() {
        found.addAll(List.of(counts(0, 0, 0, 0), counts(5, 0, 0, 500), ALL));

        await();

        assertThat(found).containsExactly(ALL);
    }

    @Test
    void goes_on_while_anything_moves() {
        for (int usage = 0; usage < 10; usage++) {
            found.add(counts(usage, 0, 0, usage));
        }
        found.add(ALL);

        await();

        assertThat(now).isGreaterThan(Accounting.STALLED.toNanos());
    }

    @Test
    void names_what_is_missing_once_nothing_moves() {
        found.add(counts(9, 1, 0, 900));

        assertThatExceptionOfType(DemoException.class)
                .isThrownBy(this::await)
                .withMessageContaining("9 usage entries instead of 10")
                .withMessageContaining("0 correction entries instead of 1")
                .withMessageContaining("900 input tokens instead of 1,000");
    }

    @Test
    void one_too_many_is_as_wrong_as_one_too_few() {
        assertThat(Accounting.differences(EXPECTED, counts(11, 1, 1, 1_000)))
                .containsExactly("11 usage entries instead of 10");
    }

    private void await() {
        new Accounting(
                        () -> found.size() > 1 ? found.remove() : found.element(),
                        () -> now += Duration.ofSeconds(30).toNanos(),
                        () -> now)
                .await(EXPECTED, new Progress(out, false, () -> now));
    }

    private static LedgerCounts counts(long usage, long reversals, long corrections, long inputTokens) {
        return new LedgerCounts(
                Map.of(
                        EntryKind.USAGE, usage,
                        EntryKind.REVERSAL, reversals,
                        EntryKind.CORRECTION, corrections),
                1,
                inputTokens,
                100);
    }
}
