package io.costops.anomaly.detection;

import java.util.Arrays;

/**
 * Running sums over the last bucket, 10 minutes, hour, 6 hours and 24 hours, from a ring of 5-minute slots and a ring
 * of hours.
 */
final class SpendWindows {
    /** The windows, shortest first. */
    static final int COUNT = 5;

    static final int BUCKET = 0;
    static final int TEN_MINUTES = 1;
    static final int HOUR = 2;
    static final int SIX_HOURS = 3;
    static final int DAY = 4;

    /** The fields of a sum. */
    static final int FIELDS = 10;

    /** Version 1 of saved state ended with {@link #CACHED_TOKENS}. */
    private static final int FIELDS_OF_VERSION_1 = 9;

    private static final int FIRST_VERSION_OF_COLUMNS = 3;

    /** Requests, net of the backlog that an outage excuses, in buckets whose expectation is known. */
    static final int JUDGED_REQUESTS = 0;

    static final int EXPECTED_REQUESTS = 1;
    /** Expected requests x the relative variance of that expectation. */
    static final int EXPECTED_UNCERTAINTY = 2;

    static final int REQUESTS = 3;
    static final int ERRORS = 4;
    static final int TOKENS = 5;
    /** Tokens that these requests would have had at the usual tokens per request. */
    static final int EXPECTED_TOKENS = 6;
    /** Tokens that this cost would have bought at the usual unit price. */
    static final int COST_IN_TOKENS = 7;

    static final int CACHED_TOKENS = 8;
    /** Requests that were a further attempt. */
    static final int RETRIES = 9;

    static final int SLOT_SECONDS = 300;
    private static final int SLOTS = 12;
    private static final int HOURS = 24;

    private final float[] slots = new float[SLOTS * FIELDS];
    private final float[] hours = new float[HOURS * FIELDS];
    private final double[] bucket = new double[FIELDS];
    private long slot = Long.MIN_VALUE;
    private long hour = Long.MIN_VALUE;

    /** Makes room for a bucket that begins then; what has left the windows is forgotten. */
    void advanceTo(long startSeconds) {
        slot = advance(slots, SLOTS, slot, Math.floorDiv(startSeconds, SLOT_SECONDS));
        hour = advance(hours, HOURS, hour, Math.floorDiv(startSeconds, WeekClock.SECONDS_PER_HOUR));
        Arrays.fill(bucket, 0);
    }

    private static long advance(float[] ring, int length, long from, long to) {
        long first = from == Long.MIN_VALUE ? to - length + 1 : Math.max(from + 1, to - length + 1);
        for (long i = first; i <= to; i++) {
            int at = (int) Math.floorMod(i, (long) length) * FIELDS;
            Arrays.fill(ring, at, at + FIELDS, 0);
        }
        return to;
    }

    void add(int field, double value) {
        bucket[field] += value;
        slots[(int) Math.floorMod(slot, (long) SLOTS) * FIELDS + field] += (float) value;
        hours[(int) Math.floorMod(hour, (long) HOURS) * FIELDS + field] += (float) value;
    }

    /** Corrects what is still in a ring; older history has already been learned from. */
    void correct(long startSeconds, int field, double delta) {
        long s = Math.floorDiv(startSeconds, SLOT_SECONDS);
        if (s <= slot && s > slot - SLOTS) {
            int at = (int) Math.floorMod(s, (long) SLOTS) * FIELDS + field;
            slots[at] = (float) Math.max(0, slots[at] + delta);
        }
        long h = Math.floorDiv(startSeconds, WeekClock.SECONDS_PER_HOUR);
        if (h <= hour && h > hour - HOURS) {
            int at = (int) Math.floorMod(h, (long) HOURS) * FIELDS + field;
            hours[at] = (float) Math.max(0, hours[at] + delta);
        }
    }

    /** The baseline of a field has moved: what was expected is restated, so that the past is judged by it as well. */
    void rescale(int field, double factor) {
        for (int i = field; i < slots.length; i += FIELDS) {
            slots[i] = (float) (slots[i] * factor);
        }
        for (int i = field; i < hours.length; i += FIELDS) {
            hours[i] = (float) (hours[i] * factor);
        }
    }

    /** What has been is taken as normal: the next alarm must come from what follows. */
    void forgive(int expectedField, int actualField) {
        for (int i = 0; i < slots.length; i += FIELDS) {
            slots[i + expectedField] = slots[i + actualField];
        }
        for (int i = 0; i < hours.length; i += FIELDS) {
            hours[i + expectedField] = hours[i + actualField];
        }
    }

    /** As {@link #forgive}, where what is expected is a share of another field. */
    void forgiveShare(int field, int ofField, double share) {
        for (int i = 0; i < slots.length; i += FIELDS) {
            slots[i + field] = (float) (slots[i + ofField] * share);
        }
        for (int i = 0; i < hours.length; i += FIELDS) {
            hours[i + field] = (float) (hours[i + ofField] * share);
        }
    }

    void clear() {
        Arrays.fill(slots, 0);
        Arrays.fill(hours, 0);
        Arrays.fill(bucket, 0);
        slot = Long.MIN_VALUE;
        hour = Long.MIN_VALUE;
    }

    void sum(int window, double[] into) {
        switch (window) {
            case BUCKET -> System.arraycopy(bucket, 0, into, 0, FIELDS);
            case TEN_MINUTES -> sum(slots, SLOTS, slot, 2, into);
            case HOUR -> sum(slots, SLOTS, slot, SLOTS, into);
            case SIX_HOURS -> sum(hours, HOURS, hour, 6, into);
            case DAY -> sum(hours, HOURS, hour, HOURS, into);
            default -> throw new IllegalArgumentException("window " + window);
        }
    }

    private static void sum(float[] ring, int length, long newest, int count, double[] into) {
        Arrays.fill(into, 0);
        if (count == length) {
            for (int i = 0; i < ring.length; i += FIELDS) {
                for (int f = 0; f < FIELDS; f++) {
                    into[f] += ring[i + f];
                }
            }
            return;
        }
        for (int k = 0; k < count; k++) {
            int at = (int) Math.floorMod(newest - k, (long) length) * FIELDS;
            for (int f = 0; f < FIELDS; f++) {
                into[f] += ring[at + f];
            }
        }
    }

    /** The sums of the hour that the newest bucket lies in. */
    void currentHour(double[] into) {
        sum(hours, HOURS, hour, 1, into);
    }

    static long secondsOf(int window, int bucketSeconds) {
        return switch (window) {
            case BUCKET -> bucketSeconds;
            case TEN_MINUTES -> Math.max(bucketSeconds, 2 * SLOT_SECONDS);
            case HOUR -> WeekClock.SECONDS_PER_HOUR;
            case SIX_HOURS -> 6L * WeekClock.SECONDS_PER_HOUR;
            case DAY -> WeekClock.SECONDS_PER_DAY;
            default -> throw new IllegalArgumentException("window " + window);
        };
    }

    void write(StateOutput out) {
        out.writeLong(slot);
        out.writeLong(hour);
        for (int field = 0; field < FIELDS; field++) {
            out.writeColumn(slots, field, FIELDS, SLOTS, twinOf(field));
            out.writeColumn(hours, field, FIELDS, HOURS, twinOf(field));
        }
    }

    void read(StateInput in) {
        slot = in.readLong();
        hour = in.readLong();
        if (in.version() >= FIRST_VERSION_OF_COLUMNS) {
            for (int field = 0; field < FIELDS; field++) {
                in.readColumn(slots, field, FIELDS, SLOTS, twinOf(field));
                in.readColumn(hours, field, FIELDS, HOURS, twinOf(field));
            }
            return;
        }
        int fields = in.version() == 1 ? FIELDS_OF_VERSION_1 : FIELDS;
        read(in, slots, fields);
        read(in, hours, fields);
    }

    /** Without an outage all requests are judged. */
    private static int twinOf(int field) {
        return field == REQUESTS ? JUDGED_REQUESTS : -1;
    }

    private static void read(StateInput in, float[] ring, int fields) {
        for (int i = 0; i < ring.length; i += FIELDS) {
            for (int f = 0; f < fields; f++) {
                ring[i + f] = in.readFloat();
            }
        }
    }
}
