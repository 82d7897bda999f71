package io.costops.anomaly.backtest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scores alerts on series with labelled windows by the rule of the Numenta Anomaly Benchmark (Lavin and Ahmad, "Evaluating Real-time
 * Anomaly Detection Algorithms", 2015).
 *
 * <p>The first alert inside a window counts for up to 1, the more the earlier it is; a window without any costs 1; an alert outside costs
 * the profile's weight, less when it comes shortly after a window. The first 15 % of a series, at most 750 points, aren't
 * scored. 100 is every window found at its begin and nothing else, 0 is silence.
 */
public final class WindowScore {
    private static final double PROBATION = 0.15;
    private static final int LARGEST_PROBATION = 750;
    private static final double STEEPNESS = 5;
    /** So many widths behind a window an alert costs in full. */
    private static final double FAR = 3;

    /** What an alert costs that has no window. */
    public enum Profile {
        STANDARD(0.11),
        LOW_FALSE_ALARMS(0.22);

        private final double falseAlarm;

        Profile(double falseAlarm) {
            this.falseAlarm = falseAlarm;
        }
    }

    /** Indices of points, both inside. */
    public record Window(int first, int last) {}

    /** Of the windows, and what alerts outside cost before they are weighed. */
    private double ofWindows;

    private double outside;
    private int windows;
    private int found;
    private int falseAlarms;

    /** @param labels ascending, apart from each other */
    public void add(boolean[] alerts, List<Window> labels) {
        int probation = (int) Math.min(Math.floor(PROBATION * alerts.length), LARGEST_PROBATION);
        Window before = null;
        int next = 0;
        for (Window window : labels) {
            addFalseAlarms(alerts, Math.max(next, probation), window.first, before);
            if (window.last >= probation) {
                addWindow(alerts, Math.max(window.first, probation), window);
            }
            next = window.last + 1;
            before = window;
        }
        addFalseAlarms(alerts, Math.max(next, probation), alerts.length, before);
    }

    private void addFalseAlarms(boolean[] alerts, int from, int to, @Nullable Window before) {
        for (int i = from; i < to; i++) {
            if (alerts[i]) {
                double position = before == null ? FAR : (i - before.last) / (double) (before.last - before.first);
                outside += position >= FAR ? -1 : scaled(position);
                falseAlarms++;
            }
        }
    }

    private void addWindow(boolean[] alerts, int from, Window window) {
        windows++;
        double score = -1;
        for (int i = from; i <= window.last && score < 0; i++) {
            if (alerts[i]) {
                double width = window.last - window.first + 1.0;
                score = scaled(-(window.last - i + 1) / width) / scaled(-1);
                found++;
            }
        }
        ofWindows += score;
    }

    /** From nearly 1 at a window's begin (-1) over 0 at its end (0) to nearly -1 behind it. */
    private static double scaled(double position) {
        return 2 / (1 + Math.exp(STEEPNESS * position)) - 1;
    }

    /** From 0, as good as silence, to 100; below 0 is worse than silence. not finite without windows. */
    public double score(Profile profile) {
        return 100 * (ofWindows + profile.falseAlarm * outside + windows) / (2.0 * windows);
    }

    public int windows() {
        return windows;
    }

    public int found() {
        return found;
    }

    public int falseAlarms() {
        return falseAlarms;
    }
}
