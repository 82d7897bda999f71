package io.costops.infra.bench;

import io.costops.infra.bench.Truth.Place;
import io.costops.infra.bench.Truth.Sums;
import io.costops.infra.platform.ClickHouseHttp;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Whether ClickHouse holds what is true: the ledger, the three chargeback tables and the position of each event, group by
 * group and to the last digit, and no entry twice.
 */
public final class LedgerProof {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int DIFFERENCES_NAMED = 5;

    private static final String SUMS = "sum(requests), sum(input_tokens), sum(output_tokens),"
            + " ifNull(sum(list_cost), 0), ifNull(sum(billed_cost), 0), ifNull(sum(effective_cost), 0)";

    private final ClickHouseHttp clickHouse;
    private final Found before;

    /** What is in the tables by now is left out of what is compared later. */
    public LedgerProof(ClickHouseHttp clickHouse) {
        this.clickHouse = clickHouse;
        this.before = read();
    }

    /** What the tables hold, each by its finest group. */
    private record Found(
            Map<Place, Sums> ledger,
            Map<Place, Sums> hourly,
            Map<Place, Sums> daily,
            Map<Place, Sums> monthly,
            Map<String, Sums> current) {}

    /**
     * How a table compares.
     *
     * @param compared groups or events that were compared
     * @param differing those that differ
     * @param found what the table adds up to
     * @param examples some of those that differ, in words
     */
    public record Row(String table, long compared, long differing, Sums found, List<String> examples) {}

    /** What was compared, and the entries that stand twice. */
    public record Result(Sums truth, List<Row> rows, long duplicateEntries) {
        public boolean balances() {
            return duplicateEntries == 0
                    && rows.stream()
                            .allMatch(row -> row.differing() == 0 && row.found().equals(truth));
        }

        /** In words, what doesn't balance. */
        public List<String> differences() {
            List<String> all = new ArrayList<>();
            if (duplicateEntries != 0) {
                all.add(duplicateEntries + " entry ids stand twice");
            }
            for (Row row : rows) {
                if (row.differing() != 0) {
                    all.add(row.table() + ": " + row.differing() + " of " + row.compared() + " differ, such as "
                            + String.join("; ", row.examples()));
                } else if (!row.found().equals(truth)) {
                    all.add(row.table() + " adds up to " + row.found() + " instead of " + truth);
                }
            }
            return all;
        }
    }

    /** Compares everything that came since. */
    public Result compare(Truth truth) {
        Map<Place, Sums> byHour = truth.byPlace();
        Found now = read();
        List<Row> rows = List.of(
                row("ledger", byHour, since(before.ledger, now.ledger)),
                row("chargeback_hourly", byHour, since(before.hourly, now.hourly)),
                row("chargeback_daily", regrouped(byHour, Place::byDay), since(before.daily, now.daily)),
                row("chargeback_monthly", regrouped(byHour, Place::byMonth), since(before.monthly, now.monthly)),
                row("usage_current", truth.byEvent(), since(before.current, now.current)));
        String duplicates = "SELECT count() - uniqExact(entry_id) FROM costops.ledger";
        return new Result(truth.total(), rows, Long.parseLong(rows(duplicates).get(0)[0]));
    }

    private Found read() {
        return new Found(
                byPlace("ledger", "toStartOfHour(event_time)"),
                byPlace("chargeback_hourly", "hour"),
                byPlace("chargeback_daily", "day"),
                byPlace("chargeback_monthly", "month"),
                positions());
    }

    private static <K> Map<K, Sums> since(Map<K, Sums> before, Map<K, Sums> now) {
        Map<K, Sums> since = new HashMap<>(now);
        before.forEach((key, sums) -> {
            Sums more = since.getOrDefault(key, Sums.NOTHING).minus(sums);
            if (more.isNothing()) {
                since.remove(key);
            } else {
                since.put(key, more);
            }
        });
        return since;
    }

    private static Map<Place, Sums> regrouped(Map<Place, Sums> sums, UnaryOperator<Place> coarser) {
        Map<Place, Sums> grouped = new HashMap<>();
        sums.forEach((place, sum) -> grouped.merge(coarser.apply(place), sum, Sums::plus));
        return grouped;
    }

    private Map<Place, Sums> byPlace(String table, String time) {
        Map<Place, Sums> found = new HashMap<>();
        for (String[] row :
                rows("SELECT toUnixTimestamp(toDateTime(" + time + ", 'UTC')), tenant, project, provider, model, "
                        + SUMS + " FROM costops." + table + " GROUP BY 1, 2, 3, 4, 5")) {
            Sums sums = sums(row, 5);
            // What was reversed leaves a group of zeros.
            if (!sums.isNothing()) {
                found.put(
                        new Place(Instant.ofEpochSecond(Long.parseLong(row[0])), row[1], row[2], row[3], row[4]), sums);
            }
        }
        return found;
    }

    private Map<String, Sums> positions() {
        Map<String, Sums> found = new HashMap<>();
        for (String[] row : rows(
                "SELECT event_id, " + SUMS + " FROM costops.usage_current GROUP BY event_id HAVING max(standing)")) {
            found.put(row[0], sums(row, 1));
        }
        return found;
    }

    private static Sums sums(String[] row, int from) {
        return new Sums(
                Long.parseLong(row[from]),
                Long.parseLong(row[from + 1]),
                Long.parseLong(row[from + 2]),
                new BigDecimal(row[from + 3]),
                new BigDecimal(row[from + 4]),
                new BigDecimal(row[from + 5]));
    }

    private static <K> Row row(String table, Map<K, Sums> truth, Map<K, Sums> found) {
        Set<K> keys = new HashSet<>(truth.keySet());
        keys.addAll(found.keySet());
        long differing = 0;
        List<String> examples = new ArrayList<>();
        for (K key : keys) {
            if (!Objects.equals(truth.get(key), found.get(key))) {
                differing++;
                if (examples.size() < DIFFERENCES_NAMED) {
                    examples.add(key + " is " + found.get(key) + " instead of " + truth.get(key));
                }
            }
        }
        return new Row(
                table,
                keys.size(),
                differing,
                found.values().stream().reduce(Sums.NOTHING, Sums::plus),
                List.copyOf(examples));
    }

    private List<String[]> rows(String query) {
        return clickHouse
                .query(query + " FORMAT TSV", PATIENCE)
                .lines()
                .map(line -> line.split("\t", -1))
                .toList();
    }
}
