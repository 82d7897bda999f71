package io.costops.infra.demo;

import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.EntryKind;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * How much of everything the ledger holds at a moment.
 *
 * @param entries entries by what they book
 * @param rejected rejected records
 * @param inputTokens input tokens of what is priced or waits for a price
 * @param outputTokens output tokens of the same
 */
public record LedgerCounts(Map<EntryKind, Long> entries, long rejected, long inputTokens, long outputTokens) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    public LedgerCounts {
        entries = Map.copyOf(entries);
    }

    public static LedgerCounts read(ClickHouseHttp clickHouse) {
        Map<EntryKind, Long> entries = new EnumMap<>(EntryKind.class);
        long inputTokens = 0;
        long outputTokens = 0;
        String byKind = clickHouse.query("""
                SELECT kind, count(), sumIf(input_tokens, status IN ('priced', 'unpriced')),
                    sumIf(output_tokens, status IN ('priced', 'unpriced'))
                FROM costops.ledger GROUP BY kind FORMAT TSV
                """, PATIENCE);
        for (String line : byKind.lines().toList()) {
            String[] cells = line.split("\t", -1);
            entries.put(EntryKind.valueOf(cells[0].toUpperCase(Locale.ROOT)), Long.valueOf(cells[1]));
            inputTokens += Long.parseLong(cells[2]);
            outputTokens += Long.parseLong(cells[3]);
        }
        long rejected = Long.parseLong(clickHouse
                .query("SELECT count() FROM costops.rejected_usage FORMAT TSV", PATIENCE)
                .strip());
        return new LedgerCounts(entries, rejected, inputTokens, outputTokens);
    }

    /** As {@link #read}, or what was known before while ClickHouse doesn't answer. */
    public static LedgerCounts readOr(LedgerCounts before, ClickHouseHttp clickHouse) {
        try {
            return read(clickHouse);
        } catch (PlatformException notNow) {
            return before;
        }
    }

    /** What came since. */
    public LedgerCounts since(LedgerCounts before) {
        Map<EntryKind, Long> more = new EnumMap<>(EntryKind.class);
        for (EntryKind kind : EntryKind.values()) {
            long count = of(kind) - before.of(kind);
            if (count != 0) {
                more.put(kind, count);
            }
        }
        return new LedgerCounts(
                more, rejected - before.rejected, inputTokens - before.inputTokens, outputTokens - before.outputTokens);
    }

    long of(EntryKind kind) {
        return entries.getOrDefault(kind, 0L);
    }

    long total() {
        return entries.values().stream().mapToLong(Long::longValue).sum() + rejected;
    }
}
