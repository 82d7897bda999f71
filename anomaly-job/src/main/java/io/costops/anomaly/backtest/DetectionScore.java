package io.costops.anomaly.backtest;

import io.costops.anomaly.backtest.SpendBacktest.Opened;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How well incidents match labelled spend: {@code labels.csv} with {@code key,kind,start,end,benign} beside {@code series.csv}.
 *
 * <p>An incident that opens between a label's start and an hour after its end finds it, the first one with its delay. Any other is a
 * false alarm, those of one key within six hours of each other a single one; the first two weeks aren't counted.
 */
public final class DetectionScore {
    private static final long GRACE_SECONDS = 3_600;
    private static final long EPISODE_SECONDS = 6 * 3_600;
    private static final long WARM_UP_SECONDS = 14 * 86_400;
    private static final double SECONDS_PER_WEEK = 604_800;
    private static final int WARM_UP_WEEKS = 2;

    /**
     * The result for one kind of label.
     *
     * @param delayMedianMinutes of those found; NaN if none was
     */
    public record OfKind(String kind, int labels, int found, double delayMedianMinutes) {}

    /**
     * The result for a file.
     *
     * @param falseAlarmsPerKeyWeek after the first two weeks
     * @param benignAlarms incidents that opened inside a benign label, not counted as false alarms elsewhere
     */
    public record Result(
            double precision,
            double recall,
            double f1,
            double falseAlarmsPerKeyWeek,
            int falseAlarms,
            int benignAlarms,
            List<OfKind> kinds,
            long rows,
            int keys,
            double secondsTaken) {}

    private record Label(String key, String kind, long start, long end, boolean benign) {}

    private DetectionScore() {}

    /** @param folder with series.csv and labels.csv */
    public static Result of(Path folder) {
        List<Label> labels = labels(folder.resolve("labels.csv"));
        long[] first = {Long.MAX_VALUE};
        long began = System.nanoTime();
        SpendBacktest.Outcome outcome = SpendBacktest.detect(
                folder.resolve("series.csv"), (key, bucket) -> first[0] = Math.min(first[0], bucket.startSeconds()));
        double seconds = (System.nanoTime() - began) / 1e9;
        Map<String, List<Long>> alarms = new HashMap<>();
        for (Opened opened : outcome.opened()) {
            alarms.computeIfAbsent(opened.key(), key -> new ArrayList<>()).add(opened.t());
        }
        Map<String, boolean[]> explained = new HashMap<>();
        alarms.forEach((key, times) -> explained.put(key, new boolean[times.size()]));
        Map<String, List<@Nullable Long>> delays = new TreeMap<>();
        int benignAlarms = 0;
        for (Label label : labels) {
            List<Long> times = alarms.getOrDefault(label.key, List.of());
            Long delay = null;
            for (int i = 0; i < times.size(); i++) {
                long t = times.get(i);
                if (t >= label.start && t <= label.end + GRACE_SECONDS) {
                    delay = delay == null ? t - label.start : delay;
                    boolean[] ofKey = explained.get(label.key);
                    if (ofKey != null) {
                        ofKey[i] = true;
                    }
                }
            }
            if (label.benign) {
                benignAlarms += delay == null ? 0 : 1;
            } else {
                delays.computeIfAbsent(label.kind, kind -> new ArrayList<>()).add(delay);
            }
        }
        int falseAlarms = 0;
        for (Map.Entry<String, List<Long>> entry : alarms.entrySet()) {
            boolean[] ofKey = explained.getOrDefault(entry.getKey(), new boolean[0]);
            long last = Long.MIN_VALUE / 2;
            for (int i = 0; i < ofKey.length; i++) {
                long t = entry.getValue().get(i);
                if (!ofKey[i] && t >= first[0] + WARM_UP_SECONDS) {
                    falseAlarms += t - last > EPISODE_SECONDS ? 1 : 0;
                    last = t;
                }
            }
        }
        List<OfKind> kinds = new ArrayList<>();
        int found = 0;
        int all = 0;
        for (Map.Entry<String, List<@Nullable Long>> entry : delays.entrySet()) {
            List<@Nullable Long> ofKind = entry.getValue();
            long[] seen = ofKind.stream()
                    .filter(delay -> delay != null)
                    .mapToLong(Long::longValue)
                    .sorted()
                    .toArray();
            found += seen.length;
            all += ofKind.size();
            kinds.add(new OfKind(
                    entry.getKey(),
                    ofKind.size(),
                    seen.length,
                    seen.length == 0 ? Double.NaN : seen[seen.length / 2] / 60.0));
        }
        double precision = (double) found / Math.max(1, found + falseAlarms);
        double recall = (double) found / Math.max(1, all);
        double weeks = outcome.rows() * outcome.bucket().toSeconds() / SECONDS_PER_WEEK
                - (double) WARM_UP_WEEKS * outcome.keys();
        return new Result(
                precision,
                recall,
                precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0,
                falseAlarms / Math.max(1e-9, weeks),
                falseAlarms,
                benignAlarms,
                List.copyOf(kinds),
                outcome.rows(),
                outcome.keys(),
                seconds);
    }

    private static List<Label> labels(Path file) {
        List<Label> labels = new ArrayList<>();
        try (CsvTable table = CsvTable.open(file)) {
            int key = table.column("key");
            int kind = table.column("kind");
            int start = table.column("start");
            int end = table.column("end");
            int benign = table.column("benign");
            while (table.next()) {
                labels.add(new Label(
                        table.text(key),
                        table.text(kind),
                        (long) table.number(start),
                        (long) table.number(end),
                        table.number(benign) != 0));
            }
        }
        return labels;
    }

    /** The median of what is given, NaN of nothing. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
    }
}
