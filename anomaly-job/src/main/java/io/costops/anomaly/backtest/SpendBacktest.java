package io.costops.anomaly.backtest;

import io.costops.anomaly.detection.SpendBucket;
import io.costops.anomaly.detection.SpendDetector;
import io.costops.anomaly.detection.SpendEvent;
import io.costops.anomaly.detection.SpendOptions;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code t,key,requests,errors,tokens,cost} to {@code t,key,score,what}: one row for each incident opened. */
final class SpendBacktest {
    private record Opened(long t, String key, double score, String what) {}

    private SpendBacktest() {}

    static String run(Path input, Path output) {
        SpendOptions options = SpendOptions.defaults(bucketOf(input));
        Map<String, SpendDetector> detectors = new HashMap<>();
        Map<String, Long> newest = new HashMap<>();
        List<Opened> opened = new ArrayList<>();
        long rows = 0;
        long gaps = 0;
        try (CsvTable table = CsvTable.open(input)) {
            Columns columns = new Columns(table);
            while (table.next()) {
                rows++;
                String key = table.text(columns.key);
                long t = seconds(table, columns.t);
                Long before = newest.put(key, t);
                if (before != null && t <= before) {
                    throw table.problem(columns.t, "must ascend within a key (the row before has " + before + ")");
                }
                SpendDetector detector = detectors.computeIfAbsent(key, k -> new SpendDetector(options));
                SpendBucket bucket = new SpendBucket(
                        t,
                        table.number(columns.requests),
                        table.number(columns.errors),
                        table.number(columns.tokens),
                        columns.cached < 0 ? Double.NaN : table.number(columns.cached),
                        table.number(columns.cost));
                for (SpendEvent event : detector.observe(bucket)) {
                    if (event instanceof SpendEvent.IncidentChanged changed
                            && changed.step() == SpendEvent.Step.OPENED) {
                        opened.add(new Opened(
                                changed.atSeconds(),
                                key,
                                changed.incident().score(),
                                changed.incident().kind().label()));
                    } else if (event instanceof SpendEvent.DataMissing) {
                        gaps++;
                    }
                }
            }
        }
        opened.sort(Comparator.comparingLong(Opened::t).thenComparing(Opened::key));
        write(output, opened);
        return String.format(
                Locale.ROOT,
                "%,d buckets of %d keys at %s, %d incidents opened, data missing %d times: %s",
                rows,
                detectors.size(),
                options.bucket(),
                opened.size(),
                gaps,
                output);
    }

    private static final class Columns {
        final int t;
        final int key;
        final int requests;
        final int errors;
        final int tokens;
        final int cost;
        final int cached;

        Columns(CsvTable table) {
            t = table.column("t");
            key = table.column("key");
            requests = table.column("requests");
            errors = table.column("errors");
            tokens = table.column("tokens");
            cost = table.column("cost");
            cached = table.optionalColumn("cached_tokens");
        }
    }

    /** The length of a bucket is the greatest that all distances within a key are multiples of. */
    private static Duration bucketOf(Path input) {
        long step = 0;
        try (CsvTable table = CsvTable.open(input)) {
            int t = table.column("t");
            int key = table.column("key");
            Map<String, Long> before = new HashMap<>();
            while (table.next()) {
                long now = seconds(table, t);
                @Nullable Long last = before.put(table.text(key), now);
                if (last != null) {
                    step = greatestCommonDivisor(Math.abs(now - last), step);
                }
            }
        }
        if (step == 0) {
            return Duration.ofMinutes(5);
        }
        if (3_600 % step != 0) {
            throw new BacktestException("the rows of " + input + " are " + step
                    + " s apart: t must fall on buckets whose length divides an hour, such as 60 or 300 s");
        }
        return Duration.ofSeconds(step);
    }

    private static long greatestCommonDivisor(long a, long b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }

    private static long seconds(CsvTable table, int column) {
        double t = table.number(column);
        if (Double.isNaN(t) || t != Math.rint(t)) {
            throw table.problem(column, "must be whole seconds since 1970 UTC");
        }
        return (long) t;
    }

    private static void write(Path output, List<Opened> opened) {
        try (BufferedWriter out = Files.newBufferedWriter(output, StandardCharsets.UTF_8)) {
            out.write("t,key,score,what\n");
            for (Opened row : opened) {
                out.write(row.t + "," + CsvTable.quoted(row.key) + "," + String.format(Locale.ROOT, "%.3f", row.score)
                        + "," + row.what + "\n");
            }
        } catch (IOException e) {
            throw new BacktestException("can't write " + output + ": " + e, e);
        }
    }
}
