package io.costops.anomaly.detection;

import java.time.LocalDate;

/** Where a moment falls in the day, the week and the month, in UTC. Monday is day 0. */
final class WeekClock {
    static final int SECONDS_PER_HOUR = 3_600;
    static final int SECONDS_PER_DAY = 86_400;
    static final int HOURS_PER_WEEK = 168;

    /** 1970-01-01 was a Thursday. */
    private static final int EPOCH_DAY_OF_WEEK = 3;

    private WeekClock() {}

    static int dayOfWeek(long epochDay) {
        return (int) Math.floorMod(epochDay + EPOCH_DAY_OF_WEEK, 7L);
    }

    static int hourOfWeek(long epochHour) {
        return (int) Math.floorMod(epochHour + EPOCH_DAY_OF_WEEK * 24, (long) HOURS_PER_WEEK);
    }

    static boolean isWeekend(int dayOfWeek) {
        return dayOfWeek >= 5;
    }

    /** The last two days of a month and the first: when books are closed and batches run that no week has taught. */
    static boolean isMonthsEdge(long epochDay) {
        LocalDate day = LocalDate.ofEpochDay(epochDay);
        return day.getDayOfMonth() >= day.lengthOfMonth() - 1 || day.getDayOfMonth() == 1;
    }
}
