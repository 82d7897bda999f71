package io.costops.anomaly.detection;

/**
 * How many requests a key usually makes at this time of the week.
 *
 * <p>ln(requests per hour) = level + hour of day (weekdays and weekends apart) + deviation of the hour of the week; within
 * the hour a factor for each 5 minutes of the day, since jobs that a clock starts begin at a minute, not at an hour. The
 * hour of the day is learned within days, the hour of the week by and by: its few visits are shrunk towards nothing.
 */
final class RequestProfile {
    private static final int SLOTS_PER_DAY = 288;
    private static final int HOURS = 48;
    /** How fast the level follows: a time constant of 48 hours. */
    private static final double LEVEL_GAIN = 1 / 48.0;
    /** Prior variance of a slot's factor: how unevenly an hour may be filled. */
    private static final double SLOT_VARIANCE = 0.3;

    private static final double SLOT_MEMORY_VISITS = 20;
    private static final double HOUR_MEMORY_VISITS = 12;
    private static final double SMALLEST_SLOT_FACTOR = 0.01;
    /** Logarithms are kept in steps of 1/4096: two bytes each. */
    private static final double STEPS = 4096;

    /** Relative variance of an expectation that is borrowed from the other kind of day. */
    private static final double BORROWED_VARIANCE = 1;

    private final float[] hourOfDay = new float[HOURS];
    private final byte[] hourVisits = new byte[HOURS];
    private final short[] logHourOfWeek = new short[WeekClock.HOURS_PER_WEEK];
    private final short[] logSlotFactor = new short[SLOTS_PER_DAY];

    private double level;
    private int hoursSeen;

    /** Expected requests of the last bucket asked for, and the relative variance of that number. */
    double expected;

    double uncertainty;

    /** Looks up a bucket; false while nothing is known of its hour. */
    boolean expect(long startSeconds, int bucketSeconds, double hourVariance) {
        long epochHour = Math.floorDiv(startSeconds, WeekClock.SECONDS_PER_HOUR);
        double logPerHour = logHourly(epochHour);
        if (Double.isNaN(logPerHour)) {
            return false;
        }
        int hour = hourIndex(WeekClock.hourOfWeek(epochHour));
        double variance = hourVisits[hour] > 0 ? hourVariance / hourVisits[hour] : BORROWED_VARIANCE;
        uncertainty = variance + hourVariance / (slotVisits(bucketSeconds) + 1);
        double logFactor = logSlotFactor[slotOf(startSeconds)] / STEPS;
        expected = Math.exp(logPerHour + logFactor) * bucketSeconds / WeekClock.SECONDS_PER_HOUR;
        return true;
    }

    /** Expected requests of an hour, NaN while nothing is known of it. */
    double hourly(long epochHour) {
        return Math.exp(logHourly(epochHour));
    }

    private double logHourly(long epochHour) {
        int week = WeekClock.hourOfWeek(epochHour);
        int own = hourIndex(week);
        int other = (own + 24) % HOURS;
        int known = hourVisits[own] > 0 ? own : other;
        if (hourVisits[known] == 0) {
            return Double.NaN;
        }
        return hourOfDay[known] + level + logHourOfWeek[week] / STEPS;
    }

    /** Expected requests of a whole day; hours that nothing is known of are left out. */
    double daily(long epochDay) {
        double sum = 0;
        for (int h = 0; h < 24; h++) {
            double perHour = hourly(epochDay * 24 + h);
            sum += Double.isNaN(perHour) ? 0 : perHour;
        }
        return sum;
    }

    /** Learns how an hour is filled, from one bucket whose expectation was just looked up. */
    void learnSlot(long startSeconds, int bucketSeconds, double requests, double bucketVariance) {
        int slot = slotOf(startSeconds);
        double factor = Math.exp(logSlotFactor[slot] / STEPS);
        double flat = expected / factor;
        double prior = (1 / (flat + 0.01) + bucketVariance) / SLOT_VARIANCE;
        double visits = slotVisits(bucketSeconds);
        double bucketsPerSlot = bucketsPerSlot(bucketSeconds);
        double gain = Math.max(1 / (visits + 1 + prior), 1 / (SLOT_MEMORY_VISITS * bucketsPerSlot + prior));
        double seen = requests / flat;
        if (visits > 4 * bucketsPerSlot) {
            seen = Math.min(seen, factor * (1 + 3 * Math.sqrt(bucketVariance + 1 / (expected + 0.5))));
        }
        double learned = Math.max(SMALLEST_SLOT_FACTOR, factor + gain * (seen - factor));
        logSlotFactor[slot] = steps(Math.log(learned));
    }

    private static short steps(double log) {
        return (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, Math.rint(log * STEPS)));
    }

    /** The first visit of an hour of the day sets it. */
    boolean knows(long epochHour) {
        return hourVisits[hourIndex(WeekClock.hourOfWeek(epochHour))] > 0;
    }

    void firstVisit(long epochHour, double requests) {
        int hour = hourIndex(WeekClock.hourOfWeek(epochHour));
        hourOfDay[hour] = (float) (Math.log(requests + 0.5) - level);
        hourVisits[hour] = 1;
        hoursSeen++;
    }

    /**
     * Learns from a whole hour.
     *
     * @param requests what was seen, against {@code expectedRequests}
     * @param uncertain relative variance of the expectation
     * @param hourVariance variance of the log ratio of an hour
     */
    void learnHour(long epochHour, double requests, double expectedRequests, double uncertain, double hourVariance) {
        hoursSeen++;
        int week = WeekClock.hourOfWeek(epochHour);
        int hour = hourIndex(week);
        double sampling = 1 / (expectedRequests + 0.5);
        double clip = 3 * Math.sqrt(hourVariance + sampling + uncertain);
        double surprise = Math.max(-clip, Math.min(clip, (requests - expectedRequests) * sampling));
        double trust = (hourVariance + 0.02) / (hourVariance + 0.02 + sampling);
        level += Math.max(LEVEL_GAIN, 0.3 / hoursSeen) * trust * surprise;
        double hourGain = trust * Math.max(1.0 / (hourVisits[hour] + 1), 1 / HOUR_MEMORY_VISITS);
        hourVisits[hour] = (byte) Math.min(hourVisits[hour] + 1, 30);
        hourOfDay[hour] += (float) (hourGain * surprise);
        double weeks = Math.min(hoursSeen / WeekClock.HOURS_PER_WEEK, 8);
        logHourOfWeek[week] = steps(logHourOfWeek[week] / STEPS + trust / (weeks + 4) * (1 - hourGain) * surprise);
    }

    /** The traffic has found a new level and keeps it. */
    void shiftLevel(double logRatio) {
        level += logRatio;
    }

    private double slotVisits(int bucketSeconds) {
        return Math.min(hoursSeen / 24.0, SLOT_MEMORY_VISITS) * bucketsPerSlot(bucketSeconds);
    }

    private static double bucketsPerSlot(int bucketSeconds) {
        return Math.max(1, SpendWindows.SLOT_SECONDS / (double) bucketSeconds);
    }

    private static int slotOf(long startSeconds) {
        return (int) (Math.floorMod(startSeconds, (long) WeekClock.SECONDS_PER_DAY) / SpendWindows.SLOT_SECONDS);
    }

    private static int hourIndex(int hourOfWeek) {
        return (WeekClock.isWeekend(hourOfWeek / 24) ? 24 : 0) + hourOfWeek % 24;
    }

    void write(StateOutput out) {
        out.writeDouble(level);
        out.writeInt(hoursSeen);
        out.writeFloats(hourOfDay);
        out.writeBytes(hourVisits);
        out.writeShorts(logHourOfWeek);
        out.writeShorts(logSlotFactor);
    }

    void read(StateInput in) {
        level = in.readDouble();
        hoursSeen = in.readInt();
        in.readFloats(hourOfDay);
        in.readBytes(hourVisits);
        if (in.version() == 1) {
            for (int week = 0; week < logHourOfWeek.length; week++) {
                logHourOfWeek[week] = steps(in.readFloat());
            }
        } else {
            in.readShorts(logHourOfWeek);
        }
        in.readShorts(logSlotFactor);
    }
}
