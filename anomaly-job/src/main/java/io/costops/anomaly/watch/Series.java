package io.costops.anomaly.watch;

import io.costops.anomaly.detection.SpendBucket;
import io.costops.anomaly.detection.SpendDetector;
import io.costops.anomaly.detection.SpendIncident;
import io.costops.anomaly.detection.StateFormatException;
import io.costops.anomaly.detection.StateInput;
import io.costops.anomaly.detection.StateOutput;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One series: its detector, its last 60 windows, and what is usual at each hour of the day.
 *
 * <p>Windows are fed in order and each once. A window in which the series was idle is a window of zeros; they are made up for when
 * the series is next looked at, so that an idle series costs nothing. After two idle days they are a gap.
 */
final class Series {
    /** What is kept of each window. */
    enum Quantity {
        REQUESTS(0),
        FAILED(1),
        TOKENS(2),
        CACHED_TOKENS(3),
        COST(4),
        COST_WITHOUT_CACHE(5),
        RETRIED(6);

        /** Its place in saved state; never reused. */
        private final int place;

        Quantity(int place) {
            this.place = place;
        }
    }

    static final int POINTS = 60;

    private static final short STATE_TAG = 0x5345;
    private static final short STATE_VERSION = 3;
    private static final int NEWEST_UNTAGGED_VERSION = 2;
    /** Version 1 ended with {@link Quantity#COST_WITHOUT_CACHE}. */
    private static final int QUANTITIES_OF_VERSION_1 = 6;

    private static final Quantity[] QUANTITIES = Quantity.values();
    private static final int HOURS = 24;
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();
    private static final long LONGEST_IDLE_MILLIS = Duration.ofDays(2).toMillis();
    private static final long OLDEST_CORRECTION_MILLIS = Duration.ofDays(1).toMillis();
    private static final long SLOT_MILLIS = Duration.ofMinutes(5).toMillis();
    /** The usual of an hour is a mean over a week of days. */
    private static final int USUAL_DAYS = 7;

    private final WatchOptions options;
    private final long windowMillis;
    private SpendDetector detector;

    /** Begin of the first window that was not fed. */
    private long nextMillis = Long.MIN_VALUE;

    private long lastUsedMillis = Long.MIN_VALUE;
    /** It has been fed windows as they ended; before that, history comes in its own time. */
    private boolean live;

    private final float[] recent = new float[QUANTITIES.length * POINTS];
    private final float[] usual = new float[QUANTITIES.length * HOURS];
    private final short[] learned = new short[HOURS];

    /** The newest window of a history that is being taught. */
    private long historyMillis = Long.MIN_VALUE;

    private Sums history = Sums.NOTHING;

    Series(WatchOptions options) {
        this.options = options;
        this.windowMillis = options.windowMillis();
        this.detector = new SpendDetector(options.spend());
        Arrays.fill(recent, Float.NaN);
    }

    boolean isIdleSince(long millis) {
        return lastUsedMillis < millis;
    }

    boolean isBehind(long untilMillis) {
        return live && nextMillis < untilMillis;
    }

    List<SpendIncident> openIncidents() {
        return detector.openIncidents();
    }

    /** Feeds a window that has ended. */
    void observe(long startMillis, Sums sums) {
        flushHistory();
        live = true;
        idleUntil(startMillis);
        feed(startMillis, sums, !sums.isHistory());
        takeBack(startMillis, sums);
    }

    /** Feeds windows of zeros up to a time. */
    void idleUntil(long untilMillis) {
        if (nextMillis == Long.MIN_VALUE) {
            nextMillis = untilMillis;
            return;
        }
        if (untilMillis - Math.max(lastUsedMillis, nextMillis - windowMillis) > LONGEST_IDLE_MILLIS) {
            skipTo(untilMillis);
        }
        while (nextMillis < untilMillis) {
            feed(nextMillis, Sums.NOTHING, true);
        }
    }

    /** What happened in that time isn't known: it was not idle. */
    void passGap(long fromMillis, long untilMillis) {
        if (live && nextMillis < untilMillis) {
            if (nextMillis < fromMillis) {
                idleUntil(fromMillis);
            }
            skipTo(untilMillis);
        }
    }

    private void skipTo(long untilMillis) {
        if (nextMillis == Long.MIN_VALUE || untilMillis <= nextMillis) {
            return;
        }
        long from = Math.max(nextMillis, untilMillis - POINTS * windowMillis);
        for (long window = from; window < untilMillis; window += windowMillis) {
            for (Quantity quantity : QUANTITIES) {
                recent[at(quantity, window)] = Float.NaN;
            }
        }
        nextMillis = untilMillis;
    }

    /**
     * Usage that came after its window was judged, and what takes usage back.
     *
     * <p>A series that is judged is judged by what comes in time, and what is normal is learned from the same: late usage would
     * raise the sums of windows that the next alarm is decided by. What is taken back does lower them.
     */
    void takeLate(Map<Long, Sums> windows) {
        TreeMap<Long, Sums> slots = new TreeMap<>();
        for (Map.Entry<Long, Sums> window : new TreeMap<>(windows).entrySet()) {
            long start = window.getKey();
            if (!live && (nextMillis == Long.MIN_VALUE || start >= nextMillis)) {
                teach(start, window.getValue());
            } else if (start >= nextMillis - OLDEST_CORRECTION_MILLIS) {
                slots.merge(Math.floorDiv(start, SLOT_MILLIS) * SLOT_MILLIS, window.getValue(), Sums::plus);
                correctRecent(start, window.getValue());
            }
        }
        slots.forEach(this::takeBack);
    }

    private void teach(long startMillis, Sums sums) {
        if (historyMillis == startMillis) {
            history = history.plus(sums);
        } else if (startMillis > historyMillis) {
            flushHistory();
            historyMillis = startMillis;
            history = sums;
        }
    }

    private void takeBack(long startMillis, Sums sums) {
        if (sums.correctedRequests() < 0 || sums.correctedTokens() < 0) {
            detector.teach(bucket(
                    startMillis,
                    sums.correctedRequests(),
                    sums.correctedFailed(),
                    0,
                    sums.correctedTokens(),
                    Double.NaN,
                    sums.correctedCost()));
        }
    }

    private void flushHistory() {
        if (historyMillis == Long.MIN_VALUE) {
            return;
        }
        long start = historyMillis;
        historyMillis = Long.MIN_VALUE;
        idleUntil(start);
        feed(start, history, false);
        history = Sums.NOTHING;
    }

    private void feed(long startMillis, Sums sums, boolean mayAlarm) {
        boolean normal = detector.openIncidents().isEmpty();
        SpendBucket bucket = bucket(
                startMillis,
                sums.requests(),
                sums.failed(),
                sums.retried(),
                sums.tokens(),
                (double) sums.cachedTokens(),
                sums.cost());
        if (mayAlarm) {
            detector.observe(bucket);
        } else {
            detector.teach(bucket);
        }
        boolean learn = normal && detector.openIncidents().isEmpty();
        int hour = hourOf(startMillis);
        double gain = 0;
        if (learn) {
            learned[hour] = (short) Math.min(learned[hour] + 1L, USUAL_DAYS * HOUR_MILLIS / windowMillis);
            gain = 1.0 / learned[hour];
        }
        for (Quantity quantity : QUANTITIES) {
            double value = valueOf(quantity, sums);
            recent[at(quantity, startMillis)] = (float) value;
            int usualAt = quantity.place * HOURS + hour;
            usual[usualAt] += (float) (gain * (value - usual[usualAt]));
        }
        if (sums.requests() > 0) {
            lastUsedMillis = startMillis;
        }
        nextMillis = startMillis + windowMillis;
    }

    private void correctRecent(long startMillis, Sums sums) {
        if (startMillis >= nextMillis || startMillis < nextMillis - POINTS * windowMillis) {
            return;
        }
        for (Quantity quantity : QUANTITIES) {
            int at = at(quantity, startMillis);
            double now = Float.isNaN(recent[at]) ? 0 : recent[at];
            recent[at] = (float) Math.max(0, now + valueOf(quantity, sums) + correctionOf(quantity, sums));
        }
    }

    private static double valueOf(Quantity quantity, Sums sums) {
        return switch (quantity) {
            case REQUESTS -> (double) sums.requests();
            case FAILED -> (double) sums.failed();
            case TOKENS -> (double) sums.tokens();
            case CACHED_TOKENS -> (double) sums.cachedTokens();
            case COST -> sums.cost().doubleValue();
            case COST_WITHOUT_CACHE -> sums.costWithoutCache().doubleValue();
            case RETRIED -> (double) sums.retried();
        };
    }

    private static double correctionOf(Quantity quantity, Sums sums) {
        return switch (quantity) {
            case REQUESTS -> (double) sums.correctedRequests();
            case FAILED -> (double) sums.correctedFailed();
            case TOKENS -> (double) sums.correctedTokens();
            case CACHED_TOKENS, RETRIED -> 0;
            case COST, COST_WITHOUT_CACHE -> sums.correctedCost().doubleValue();
        };
    }

    private static SpendBucket bucket(
            long startMillis, long requests, long failed, long retried, long tokens, double cached, BigDecimal cost) {
        return new SpendBucket(
                Math.floorDiv(startMillis, 1_000L),
                (double) requests,
                (double) failed,
                (double) retried,
                (double) tokens,
                cached,
                cost.doubleValue());
    }

    /** What the window was; NaN if it isn't known or too long ago. */
    double actual(Quantity quantity, long startMillis) {
        return startMillis >= nextMillis || startMillis < nextMillis - POINTS * windowMillis
                ? Double.NaN
                : recent[at(quantity, startMillis)];
    }

    /** What is usual in a window at that hour. */
    double usual(Quantity quantity, long startMillis) {
        return usual[quantity.place * HOURS + hourOf(startMillis)];
    }

    /** The hour has been seen on two days at least, so that what is usual means something. */
    boolean knowsUsualAt(long startMillis) {
        return learned[hourOf(startMillis)] > HOUR_MILLIS / windowMillis;
    }

    private int at(Quantity quantity, long startMillis) {
        return quantity.place * POINTS + (int) Math.floorMod(Math.floorDiv(startMillis, windowMillis), (long) POINTS);
    }

    private static int hourOf(long millis) {
        return (int) Math.floorMod(Math.floorDiv(millis, HOUR_MILLIS), (long) HOURS);
    }

    /** A person said that what is going on is fine. */
    void acceptAsNormal() {
        detector.acceptAsNormal(Math.floorDiv(nextMillis, 1_000L));
    }

    byte[] toBytes() {
        StateOutput out = new StateOutput(STATE_TAG, STATE_VERSION);
        out.writeLong(nextMillis);
        out.writeLong(lastUsedMillis);
        out.writeBoolean(live);
        for (Quantity quantity : QUANTITIES) {
            out.writeColumn(recent, quantity.place * POINTS, 1, POINTS, twinOf(quantity, POINTS));
            out.writeColumn(usual, quantity.place * HOURS, 1, HOURS, twinOf(quantity, HOURS));
        }
        out.writeShorts(learned);
        out.writeLong(historyMillis);
        if (historyMillis != Long.MIN_VALUE) {
            out.writeLong(history.requests());
            out.writeLong(history.failed());
            out.writeLong(history.retried());
            out.writeLong(history.tokens());
            out.writeLong(history.cachedTokens());
            out.writeText(history.cost().toString());
            out.writeText(history.costWithoutCache().toString());
        }
        byte[] state = detector.toBytes();
        out.writeInt(state.length);
        out.writeBytes(state);
        return out.toBytes();
    }

    /** Without a cache the cost is the cost. */
    private static int twinOf(Quantity quantity, int count) {
        return quantity == Quantity.COST_WITHOUT_CACHE ? Quantity.COST.place * count : -1;
    }

    static Series of(WatchOptions options, byte @Nullable [] bytes) {
        Series series = new Series(options);
        if (bytes == null) {
            return series;
        }
        if (bytes[0] <= NEWEST_UNTAGGED_VERSION) {
            series.readUntagged(bytes);
            return series;
        }
        StateInput in = new StateInput(bytes, STATE_TAG, STATE_VERSION);
        series.nextMillis = in.readLong();
        series.lastUsedMillis = in.readLong();
        series.live = in.readBoolean();
        for (Quantity quantity : QUANTITIES) {
            in.readColumn(series.recent, quantity.place * POINTS, 1, POINTS, twinOf(quantity, POINTS));
            in.readColumn(series.usual, quantity.place * HOURS, 1, HOURS, twinOf(quantity, HOURS));
        }
        in.readShorts(series.learned);
        series.historyMillis = in.readLong();
        if (series.historyMillis != Long.MIN_VALUE) {
            series.history = history(
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readText(),
                    in.readText());
        }
        byte[] state = new byte[in.readInt()];
        in.readBytes(state);
        in.end();
        series.detector = SpendDetector.fromBytes(state, options.spend());
        return series;
    }

    /** State of the first two versions began with the version. */
    private void readUntagged(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readByte();
            if (version < 1) {
                throw new StateFormatException("no version " + version + " of a series' state is known");
            }
            nextMillis = in.readLong();
            lastUsedMillis = in.readLong();
            live = in.readBoolean();
            int quantities = version == 1 ? QUANTITIES_OF_VERSION_1 : QUANTITIES.length;
            read(in, recent, quantities * POINTS);
            read(in, usual, quantities * HOURS);
            for (int i = 0; i < HOURS; i++) {
                learned[i] = (short) in.readInt();
            }
            historyMillis = in.readLong();
            if (historyMillis != Long.MIN_VALUE) {
                history = history(
                        in.readLong(),
                        in.readLong(),
                        version == 1 ? 0 : in.readLong(),
                        in.readLong(),
                        in.readLong(),
                        Texts.read(in),
                        Texts.read(in));
            }
            byte[] state = new byte[in.readInt()];
            in.readFully(state);
            detector = SpendDetector.fromBytes(state, options.spend());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Sums history(
            long requests,
            long failed,
            long retried,
            long tokens,
            long cachedTokens,
            String cost,
            String costWithoutCache) {
        return new Sums(
                requests,
                failed,
                retried,
                tokens,
                cachedTokens,
                new BigDecimal(cost),
                new BigDecimal(costWithoutCache),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                BigDecimal.ZERO);
    }

    private static void read(DataInputStream in, float[] values, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            values[i] = in.readFloat();
        }
    }
}
