package io.costops.anomaly.detection;

import java.util.Arrays;

/**
 * Scores the points of any numeric series by how far they set new records.
 *
 * <p>Independent noise sets only about 2 ln n records in n points, whatever its distribution, so each series calibrates its own
 * threshold. A point is compared with the median of the last 20 and of the last 75 points and with the usual value of this
 * hour of the week; a record in any of the three scores by how far it goes beyond the range so far. Only the peak of an
 * excursion is told, and a budget makes each alert more dear to a series that has just had some.
 *
 * <p>Not thread-safe. Deterministic, and without look-ahead: a score never changes once it is given.
 */
public final class SeriesDetector {
    private static final short STATE_TAG = 0x5352;
    private static final short STATE_VERSION = 1;

    private static final int SHORT_WINDOW = 20;
    private static final int LONG_WINDOW = 75;
    private static final int FEATURES = 3;
    /** Excess beyond the record, as a share of the range, that counts for one. */
    private static final double EXCESS_UNIT = 0.002;
    /** However far a point lies outside, it scores no more than this many ranges: the range may be 0. */
    private static final double LARGEST_EXCESS = 100;

    /** Differences beyond count as this: sums of a few still fit single precision. */
    private static final double LARGEST = 1e37;

    private static final double HOUR_GAIN = 0.3;
    private static final int HOUR_VISITS = 2;
    private static final double BUDGET_SHARE = 0.05;
    private static final double BUDGET_KEEP = Math.exp(-1 / 1000.0);
    private static final double ALERT = 1.47;
    /** Nothing is told before both windows have been filled twice. */
    private static final int SILENT_POINTS = 2 * LONG_WINDOW;

    /** Values are kept as differences to the first, so that single precision holds them. */
    private double origin;

    private long points;
    private final float[] recent = new float[LONG_WINDOW];
    private final float[] scores = new float[LONG_WINDOW];
    private final float[] hourMean = new float[WeekClock.HOURS_PER_WEEK];
    private final byte[] hourVisits = new byte[WeekClock.HOURS_PER_WEEK];
    private final float[] low = new float[FEATURES];
    private final float[] high = new float[FEATURES];
    private double budget;

    /** Sorted copies of the windows; rebuilt on restore. */
    private final float[] sortedShort = new float[SHORT_WINDOW];

    private final float[] sortedLong = new float[LONG_WINDOW];

    public SeriesDetector() {
        Arrays.fill(low, Float.NaN);
        Arrays.fill(high, Float.NaN);
    }

    /**
     * Scores a point and learns from it.
     *
     * @param epochSeconds when it was, seconds since 1970 UTC
     * @param value NaN and infinities stand for a missing point: it is neither judged nor learned
     */
    public SeriesScore observe(long epochSeconds, double value) {
        if (!Double.isFinite(value)) {
            return SeriesScore.SILENT;
        }
        if (points == 0) {
            origin = value;
        }
        float v = (float) Math.max(-LARGEST, Math.min(LARGEST, value - origin));
        int hour = WeekClock.hourOfWeek(Math.floorDiv(epochSeconds, WeekClock.SECONDS_PER_HOUR));
        double excess = 0;
        if (points > 0) {
            excess += record(0, v - median(sortedShort, (int) Math.min(points, SHORT_WINDOW)));
            excess += record(1, v - median(sortedLong, (int) Math.min(points, LONG_WINDOW)));
        }
        if (hourVisits[hour] >= HOUR_VISITS) {
            excess += record(2, v - hourMean[hour]);
        }
        double told = excess > highest(scores) ? excess / (1 + BUDGET_SHARE * budget) : 0;
        budget = budget * BUDGET_KEEP + told;
        remember(v, (float) excess, hour);
        return new SeriesScore(told / (told + ALERT), told >= ALERT && points > SILENT_POINTS);
    }

    /** The score of one feature; the record moves. */
    private double record(int feature, float x) {
        if (Float.isNaN(low[feature])) {
            low[feature] = x;
            high[feature] = x;
            return 0;
        }
        double range = high[feature] - low[feature];
        double beyond = Math.max(x - high[feature], low[feature] - x);
        if (beyond <= 0) {
            return 0;
        }
        low[feature] = Math.min(low[feature], x);
        high[feature] = Math.max(high[feature], x);
        return Math.log1p(Math.min(beyond / range, LARGEST_EXCESS) / EXCESS_UNIT);
    }

    private void remember(float v, float excess, int hour) {
        if (hourVisits[hour] < Byte.MAX_VALUE) {
            hourVisits[hour]++;
        }
        hourMean[hour] += (float) (Math.max(HOUR_GAIN, 1.0 / hourVisits[hour]) * (v - hourMean[hour]));
        int at = (int) (points % LONG_WINDOW);
        if (points >= SHORT_WINDOW) {
            int leaving = (int) ((points - SHORT_WINDOW) % LONG_WINDOW);
            replace(sortedShort, SHORT_WINDOW, recent[leaving], v);
        } else {
            insert(sortedShort, (int) points, v);
        }
        if (points >= LONG_WINDOW) {
            replace(sortedLong, LONG_WINDOW, recent[at], v);
        } else {
            insert(sortedLong, (int) points, v);
        }
        recent[at] = v;
        scores[at] = excess;
        points++;
    }

    private static double highest(float[] values) {
        float max = 0;
        for (float value : values) {
            max = Math.max(max, value);
        }
        return max;
    }

    private static float median(float[] sorted, int count) {
        return count % 2 == 1 ? sorted[count / 2] : (float) ((sorted[count / 2 - 1] + (double) sorted[count / 2]) / 2);
    }

    private static void insert(float[] sorted, int count, float value) {
        int i = count;
        while (i > 0 && sorted[i - 1] > value) {
            sorted[i] = sorted[i - 1];
            i--;
        }
        sorted[i] = value;
    }

    private static void replace(float[] sorted, int count, float leaving, float value) {
        int i = Arrays.binarySearch(sorted, 0, count, leaving);
        while (i < count - 1 && sorted[i + 1] < value) {
            sorted[i] = sorted[i + 1];
            i++;
        }
        while (i > 0 && sorted[i - 1] > value) {
            sorted[i] = sorted[i - 1];
            i--;
        }
        sorted[i] = value;
    }

    public byte[] toBytes() {
        StateOutput out = new StateOutput(STATE_TAG, STATE_VERSION);
        out.writeDouble(origin);
        out.writeLong(points);
        out.writeFloats(recent);
        out.writeFloats(scores);
        out.writeFloats(hourMean);
        out.writeBytes(hourVisits);
        out.writeFloats(low);
        out.writeFloats(high);
        out.writeDouble(budget);
        return out.toBytes();
    }

    public static SeriesDetector fromBytes(byte[] bytes) {
        StateInput in = new StateInput(bytes, STATE_TAG, STATE_VERSION);
        SeriesDetector detector = new SeriesDetector();
        detector.origin = in.readDouble();
        detector.points = in.readLong();
        in.readFloats(detector.recent);
        in.readFloats(detector.scores);
        in.readFloats(detector.hourMean);
        in.readBytes(detector.hourVisits);
        in.readFloats(detector.low);
        in.readFloats(detector.high);
        detector.budget = in.readDouble();
        in.end();
        int shortCount = (int) Math.min(detector.points, SHORT_WINDOW);
        for (int k = 0; k < shortCount; k++) {
            insert(detector.sortedShort, k, detector.recent[(int) ((detector.points - 1 - k) % LONG_WINDOW)]);
        }
        int longCount = (int) Math.min(detector.points, LONG_WINDOW);
        for (int k = 0; k < longCount; k++) {
            insert(detector.sortedLong, k, detector.recent[(int) ((detector.points - 1 - k) % LONG_WINDOW)]);
        }
        return detector;
    }
}
