package io.costops.anomaly.forecast;

import io.costops.anomaly.detection.StateInput;
import io.costops.anomaly.detection.StateOutput;
import java.util.Arrays;

/**
 * What one key has spent: five weeks of hours and 400 days, in at most 3.6 KB.
 *
 * <p>Usage may come late, in any order, and may be negative where it corrects; it counts where it belongs. Hours older than three
 * days are kept to a tenth of a percent (in memory as well, so that a restart changes nothing); days exactly enough. These are
 * estimates' inputs: what anyone is billed is in the ledger.
 *
 * <p>Not thread-safe.
 */
public final class SpendHistory {
    static final int HOURS = 5 * 168;
    static final int DAYS = 400;

    private static final short STATE_TAG = 0x5348;
    private static final short STATE_VERSION = 1;

    private static final int SECONDS_PER_HOUR = 3_600;
    private static final int HOURS_PER_DAY = 24;
    /** Hours that still get most of what comes late are kept in full. */
    private static final int PRECISE_HOURS = 72;

    /** Nobody spends so much at once: such a number, NaN and infinities can't be true. */
    private static final double LARGEST_COST = 1e15;

    /** By hour and day since 1970, modulo the length; NaN where it isn't known what was spent. */
    private final float[] hours = new float[HOURS];

    private final float[] days = new float[DAYS];
    private long firstHour = Long.MAX_VALUE;
    private long newestHour = Long.MIN_VALUE;

    /** Adds what was spent at a moment; what is older than the days kept is left out. */
    public void add(long epochSeconds, double cost) {
        if (!(Math.abs(cost) <= LARGEST_COST)) {
            return;
        }
        long hour = Math.floorDiv(epochSeconds, SECONDS_PER_HOUR);
        if (hour > newestHour) {
            advanceTo(hour);
        }
        long day = Math.floorDiv(hour, HOURS_PER_DAY);
        if (day <= newestDay() - DAYS) {
            return;
        }
        firstHour = Math.min(firstHour, hour);
        days[dayAt(day)] += (float) cost;
        if (hour > newestHour - HOURS) {
            int at = hourAt(hour);
            float before = Float.isNaN(hours[at]) ? 0 : hours[at];
            hours[at] = kept(hour, before + (float) cost);
        }
    }

    /** Time has passed without usage: the hours until then have cost nothing. */
    public void advance(long epochSeconds) {
        long hour = Math.floorDiv(epochSeconds, SECONDS_PER_HOUR);
        if (!isEmpty() && hour > newestHour) {
            advanceTo(hour);
        }
    }

    /** Nothing is known of these hours: they are taken to have been as usual, unless usage comes after all. */
    public void missing(long fromSeconds, long toSeconds) {
        if (isEmpty()) {
            return;
        }
        advance(toSeconds);
        long from = Math.floorDiv(fromSeconds + SECONDS_PER_HOUR - 1, SECONDS_PER_HOUR);
        long to = Math.floorDiv(toSeconds, SECONDS_PER_HOUR);
        for (long hour = Math.max(Math.max(from, firstHour), newestHour - HOURS + 1); hour < to; hour++) {
            if (hours[hourAt(hour)] == 0) {
                hours[hourAt(hour)] = Float.NaN;
            }
        }
    }

    public boolean isEmpty() {
        return newestHour == Long.MIN_VALUE;
    }

    private void advanceTo(long hour) {
        if (isEmpty()) {
            newestHour = hour;
            return;
        }
        // After a leap of the clock beyond everything kept, going round the rings once clears them.
        for (long h = Math.max(newestHour + 1, hour - HOURS + 1); h <= hour; h++) {
            hours[hourAt(h)] = 0;
        }
        long day = Math.floorDiv(hour, HOURS_PER_DAY);
        for (long d = Math.max(newestDay() + 1, day - DAYS + 1); d <= day; d++) {
            days[dayAt(d)] = 0;
        }
        long aged = newestHour - PRECISE_HOURS;
        newestHour = hour;
        for (long h = Math.max(aged + 1, hour - HOURS + 1); h <= hour - PRECISE_HOURS; h++) {
            hours[hourAt(h)] = kept(h, hours[hourAt(h)]);
        }
    }

    private float kept(long hour, float value) {
        return hour > newestHour - PRECISE_HOURS ? value : HourCode.decode(HourCode.encode(value));
    }

    private long newestDay() {
        return Math.floorDiv(newestHour, HOURS_PER_DAY);
    }

    long firstHour() {
        return firstHour;
    }

    /** Costs of the hours from {@code from} to before {@code to}, as far back as they are kept; NaN for a gap. */
    double[] hours(long from, long to) {
        long first = Math.max(Math.max(from, firstHour), newestHour - HOURS + 1);
        double[] costs = new double[(int) Math.max(0, to - first)];
        for (int i = 0; i < costs.length; i++) {
            costs[i] = first + i > newestHour ? 0 : hours[hourAt(first + i)];
        }
        return costs;
    }

    /** Costs of the whole days before {@code endDay}, oldest first; hours that are missing are made up for. */
    double[] daysBefore(long endDay) {
        if (isEmpty()) {
            return new double[0];
        }
        // The first day was most likely seen in part.
        long firstDay = Math.floorDiv(firstHour + HOURS_PER_DAY - 1, HOURS_PER_DAY);
        long first = Math.max(firstDay, newestDay() - DAYS + 1);
        double[] costs = new double[(int) Math.max(0, endDay - first)];
        for (int i = 0; i < costs.length; i++) {
            long day = first + i;
            costs[i] = day > newestDay() ? 0 : days[dayAt(day)] * madeUp(day);
        }
        return costs;
    }

    /** What a day's cost is multiplied by for the hours that are missing of it; NaN where they all are. */
    private double madeUp(long day) {
        if (day * HOURS_PER_DAY <= newestHour - HOURS) {
            return 1;
        }
        double seen = 0;
        double whole = 0;
        int missing = 0;
        for (int h = 0; h < HOURS_PER_DAY; h++) {
            double usual = usualOfHour(h);
            whole += usual;
            if (Float.isNaN(hours[hourAt(day * HOURS_PER_DAY + h)])) {
                missing++;
            } else {
                seen += usual;
            }
        }
        if (missing == 0) {
            return 1;
        }
        return seen > 0 ? whole / seen : Double.NaN;
    }

    /** Mean cost of an hour of the day over the last four weeks. */
    double usualOfHour(int hourOfDay) {
        double sum = 0;
        int count = 0;
        for (long h = newestHour - 1; h >= firstHour && h > newestHour - 4 * 168; h--) {
            if (Math.floorMod(h, (long) HOURS_PER_DAY) == hourOfDay) {
                float value = hours[hourAt(h)];
                if (!Float.isNaN(value)) {
                    sum += value;
                    count++;
                }
                h -= HOURS_PER_DAY - 1;
            }
        }
        return count == 0 ? 0 : Math.max(0, sum / count);
    }

    /** What was spent from one hour to before another: hours where they are kept, else whole days. */
    double spent(long fromHour, long toHour) {
        double sum = 0;
        long hour = Math.max(fromHour, Math.max(firstHour, (newestDay() - DAYS + 1) * HOURS_PER_DAY));
        long end = Math.min(toHour, newestHour + 1);
        while (hour < end) {
            boolean wholeDay = Math.floorMod(hour, (long) HOURS_PER_DAY) == 0 && hour + HOURS_PER_DAY <= end;
            if (wholeDay || hour <= newestHour - HOURS) {
                long day = Math.floorDiv(hour, HOURS_PER_DAY);
                long next = Math.min(end, (day + 1) * HOURS_PER_DAY);
                sum += days[dayAt(day)] * (double) (next - hour) / HOURS_PER_DAY;
                hour = next;
            } else {
                float value = hours[hourAt(hour)];
                sum += Float.isNaN(value) ? 0 : value;
                hour++;
            }
        }
        return sum;
    }

    private static int hourAt(long hour) {
        return (int) Math.floorMod(hour, (long) HOURS);
    }

    private static int dayAt(long day) {
        return (int) Math.floorMod(day, (long) DAYS);
    }

    /** Versioned; the younger the key, the shorter. */
    public byte[] toBytes() {
        StateOutput out = new StateOutput(STATE_TAG, STATE_VERSION);
        out.writeLong(firstHour);
        out.writeLong(newestHour);
        if (!isEmpty()) {
            long firstKept = firstKeptHour();
            long precise = Math.max(firstKept, newestHour - PRECISE_HOURS + 1);
            short[] codes = new short[(int) (precise - firstKept)];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = HourCode.encode(hours[hourAt(firstKept + i)]);
            }
            out.writeShorts(codes);
            float[] full = new float[(int) (newestHour + 1 - precise)];
            for (int i = 0; i < full.length; i++) {
                full[i] = hours[hourAt(precise + i)];
            }
            out.writeFloats(full);
            float[] totals = new float[(int) (newestDay() + 1 - firstKeptDay())];
            for (int i = 0; i < totals.length; i++) {
                totals[i] = days[dayAt(firstKeptDay() + i)];
            }
            out.writeFloats(totals);
        }
        return out.toBytes();
    }

    public static SpendHistory fromBytes(byte[] bytes) {
        StateInput in = new StateInput(bytes, STATE_TAG, STATE_VERSION);
        SpendHistory history = new SpendHistory();
        history.firstHour = in.readLong();
        history.newestHour = in.readLong();
        if (!history.isEmpty()) {
            long firstKept = history.firstKeptHour();
            long precise = Math.max(firstKept, history.newestHour - PRECISE_HOURS + 1);
            short[] codes = new short[(int) (precise - firstKept)];
            in.readShorts(codes);
            for (int i = 0; i < codes.length; i++) {
                history.hours[hourAt(firstKept + i)] = HourCode.decode(codes[i]);
            }
            float[] full = new float[(int) (history.newestHour + 1 - precise)];
            in.readFloats(full);
            for (int i = 0; i < full.length; i++) {
                history.hours[hourAt(precise + i)] = full[i];
            }
            float[] totals = new float[(int) (history.newestDay() + 1 - history.firstKeptDay())];
            in.readFloats(totals);
            for (int i = 0; i < totals.length; i++) {
                history.days[dayAt(history.firstKeptDay() + i)] = totals[i];
            }
        }
        in.end();
        return history;
    }

    private long firstKeptHour() {
        return Math.max(Math.min(firstHour, newestHour), newestHour - HOURS + 1);
    }

    private long firstKeptDay() {
        long first = Math.floorDiv(Math.min(firstHour, newestHour), HOURS_PER_DAY);
        return Math.max(first, newestDay() - DAYS + 1);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SpendHistory that && Arrays.equals(toBytes(), that.toBytes());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(toBytes());
    }

    /** An amount in two bytes: its sign, and its logarithm in steps of 0.15 % from 1e-9 to 1e12. */
    private static final class HourCode {
        private static final double SMALLEST = Math.log(1e-9);
        private static final double STEP = (Math.log(1e12) - SMALLEST) / 32_766;
        private static final short GAP = Short.MIN_VALUE;

        static short encode(float value) {
            if (Float.isNaN(value)) {
                return GAP;
            }
            double size = Math.abs(value);
            if (size < 1e-9) {
                return 0;
            }
            long code = 1 + Math.min(32_766, Math.round((Math.log(size) - SMALLEST) / STEP));
            return (short) (value < 0 ? -code : code);
        }

        static float decode(short code) {
            if (code == GAP) {
                return Float.NaN;
            }
            if (code == 0) {
                return 0;
            }
            float size = (float) Math.exp(SMALLEST + (Math.abs(code) - 1) * STEP);
            return code < 0 ? -size : size;
        }
    }
}
