package io.costops.anomaly.backtest;

import io.costops.anomaly.chart.Panel;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** {@code t,key,requests,errors,tokens,cost} to {@code t,key,score,what}: one row for each incident opened. */
final class SpendBacktest {
    private static final int ROWS_THAT_TELL = 200_000;
    private static final long HOUR_SECONDS = 3_600;

    /** An incident that was opened. */
    record Opened(long t, String key, double score, String what) {}

    /** What a file of spend led to. */
    record Outcome(Duration bucket, long rows, long withoutNumbers, int keys, long gaps, List<Opened> opened) {}

    /** Costs by the hour, for charts. */
    private static final class Costs {
        private final TreeMap<Long, Double> byHour = new TreeMap<>();

        void add(long t, double cost) {
            if (Double.isFinite(cost)) {
                byHour.merge(Math.floorDiv(t, HOUR_SECONDS) * HOUR_SECONDS, cost, Double::sum);
            }
        }
    }

    private SpendBacktest() {}

    static String run(Path input, Path output, Pictures pictures) {
        if (Files.isDirectory(input)) {
            throw new BacktestException(input + " is a folder: --format spend takes one file, which holds all keys");
        }
        Map<String, Costs> costs = new HashMap<>();
        boolean drawn = pictures.wanted();
        Outcome outcome = detect(input, (key, bucket) -> {
            if (drawn) {
                costs.computeIfAbsent(key, k -> new Costs()).add(bucket.startSeconds(), bucket.cost());
            }
        });
        write(output, outcome.opened);
        if (drawn) {
            draw(outcome.opened, costs, pictures);
        }
        return String.format(
                Locale.ROOT,
                "%,d buckets of %d keys at %d s, %d incidents opened, data missing %d times%s: %s",
                outcome.rows,
                outcome.keys,
                outcome.bucket.toSeconds(),
                outcome.opened.size(),
                outcome.gaps,
                outcome.withoutNumbers == 0 ? "" : ", " + outcome.withoutNumbers + " rows without numbers left out",
                output);
    }

    /** Runs the detector of the job over a file, a detector for each key; incidents by time, then key. */
    static Outcome detect(Path input, BiConsumer<String, SpendBucket> seen) {
        SpendOptions options = SpendOptions.defaults(bucketOf(input));
        Map<String, SpendDetector> detectors = new HashMap<>();
        Map<String, Long> newest = new HashMap<>();
        List<Opened> opened = new ArrayList<>();
        long rows = 0;
        long withoutNumbers = 0;
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
                        columns.retries < 0 ? Double.NaN : table.number(columns.retries),
                        table.number(columns.tokens),
                        columns.cached < 0 ? Double.NaN : table.number(columns.cached),
                        table.number(columns.cost));
                withoutNumbers += bucket.isNumeric() ? 0 : 1;
                seen.accept(key, bucket);
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
        if (rows == 0) {
            throw new BacktestException(input + " has no rows below its header");
        }
        opened.sort(Comparator.comparingLong(Opened::t).thenComparing(Opened::key));
        return new Outcome(options.bucket(), rows, withoutNumbers, detectors.size(), gaps, opened);
    }

    /** A panel for each key that had an incident, the first to have one first. */
    private static void draw(List<Opened> opened, Map<String, Costs> costs, Pictures pictures) {
        Map<String, Panel> panels = new LinkedHashMap<>();
        for (Opened incident : opened) {
            panels.computeIfAbsent(incident.key, key -> {
                        Panel panel = new Panel(key + ": cost by the hour", true);
                        Costs ofKey = costs.getOrDefault(key, new Costs());
                        long before = Long.MAX_VALUE;
                        for (Map.Entry<Long, Double> hour : ofKey.byHour.entrySet()) {
                            if (hour.getKey() - HOUR_SECONDS > before) {
                                panel.actual(before + (double) HOUR_SECONDS, Double.NaN);
                            }
                            panel.actual((double) hour.getKey(), hour.getValue());
                            before = hour.getKey();
                        }
                        return panel;
                    })
                    .alert((double) incident.t, incident.what);
        }
        panels.forEach(pictures::add);
    }

    private static final class Columns {
        final int t;
        final int key;
        final int requests;
        final int errors;
        final int tokens;
        final int cost;
        final int cached;
        final int retries;

        Columns(CsvTable table) {
            t = table.column("t");
            key = table.column("key");
            requests = table.column("requests");
            errors = table.column("errors");
            tokens = table.column("tokens");
            cost = table.column("cost");
            cached = table.optionalColumn("cached_tokens");
            retries = table.optionalColumn("retries");
        }
    }

    /** The length of a bucket is the greatest that all distances within a key are multiples of, as the first rows have them. */
    private static Duration bucketOf(Path input) {
        long step = 0;
        try (CsvTable table = CsvTable.open(input)) {
            int t = table.column("t");
            int key = table.column("key");
            Map<String, Long> before = new HashMap<>();
            for (int row = 0; row < ROWS_THAT_TELL && table.next(); row++) {
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
