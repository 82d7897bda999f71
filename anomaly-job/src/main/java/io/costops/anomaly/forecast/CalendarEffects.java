package io.costops.anomaly.forecast;

import java.time.LocalDate;
import java.util.Arrays;

/**
 * Days that the week doesn't explain: a month's edge, when books are closed and batches run, and last year's holidays. Learned from the
 * key's own days, as far as they reach back; no calendar of any country is assumed.
 */
final class CalendarEffects {
    /** A month's edge counts once it has been seen twice. */
    private static final int FEWEST_EDGES = 2;

    private static final double LEAST_EFFECT = Math.log(1.25);
    private static final double DEVIATIONS = 2.5;
    /** What one holiday tells of the next. */
    private static final double SHARE_OF_LAST_YEAR = 0.8;
    /** Last year's neighbours of the same weekday, on each side. */
    private static final int WEEKS_AROUND = 3;

    private static final double LARGEST_EFFECT = Math.log(20);

    private final double[] days;
    private final long firstDay;
    private final double noise;
    /** For the last day of a month, the last but one, and the first. */
    private final double[] edges = new double[3];

    /** @param days costs of whole days, the first of them {@code firstDay} days after 1970-01-01 */
    CalendarEffects(double[] days, long firstDay) {
        this.days = days;
        this.firstDay = firstDay;
        double[] deviations = new double[days.length];
        int count = 0;
        for (int i = 0; i < days.length; i++) {
            double deviation = deviation(i);
            if (!Double.isNaN(deviation)) {
                deviations[count++] = Math.abs(deviation);
            }
        }
        double[] sorted = Arrays.copyOf(deviations, count);
        Arrays.sort(sorted);
        this.noise = count == 0 ? 0 : 1.48 * sorted[count / 2];
        for (int edge = 0; edge < edges.length; edge++) {
            edges[edge] = edgeEffect(edge);
        }
    }

    /** Factor on what the day would cost otherwise. */
    double factor(long day) {
        int edge = edgeOf(day);
        if (edge >= 0 && edges[edge] != 0) {
            return Math.exp(edges[edge]);
        }
        return Math.exp(lastYear(day));
    }

    private double edgeEffect(int edge) {
        double sum = 0;
        double smallest = Double.POSITIVE_INFINITY;
        int up = 0;
        int count = 0;
        for (int i = 0; i < days.length; i++) {
            if (edgeOf(firstDay + i) == edge) {
                double deviation = deviation(i);
                if (!Double.isNaN(deviation)) {
                    sum += deviation;
                    up += deviation > 0 ? 1 : -1;
                    smallest = Math.min(smallest, Math.abs(deviation));
                    count++;
                }
            }
        }
        boolean consistent = count >= FEWEST_EDGES && Math.abs(up) == count && smallest >= threshold();
        return consistent ? bounded(sum / (count + 0.5)) : 0;
    }

    private double lastYear(long day) {
        LocalDate date = LocalDate.ofEpochDay(day);
        double sameDate = deviationOn(date.minusYears(1).toEpochDay());
        if (isHoliday(sameDate)) {
            return bounded(SHARE_OF_LAST_YEAR * sameDate);
        }
        double sameWeekday = deviationOn(day - 364);
        // If it is the date that returns, it has been seen above, and on the day after this one.
        boolean returnsByDate =
                isHoliday(deviationOn(date.plusDays(1).minusYears(1).toEpochDay()))
                        || isHoliday(deviationOn(date.plusDays(2).minusYears(1).toEpochDay()));
        return isHoliday(sameWeekday) && !returnsByDate ? bounded(SHARE_OF_LAST_YEAR / 2 * sameWeekday) : 0;
    }

    private boolean isHoliday(double deviation) {
        return !Double.isNaN(deviation) && Math.abs(deviation) >= threshold();
    }

    private double threshold() {
        return Math.max(LEAST_EFFECT, DEVIATIONS * noise);
    }

    private static double bounded(double effect) {
        return Math.max(-LARGEST_EFFECT, Math.min(LARGEST_EFFECT, effect));
    }

    private double deviationOn(long day) {
        long i = day - firstDay;
        return i >= 0 && i < days.length ? deviation((int) i) : Double.NaN;
    }

    /** ln(day / median of the same weekday around it), NaN where that isn't known. */
    private double deviation(int i) {
        if (!(days[i] > 0)) {
            return Double.NaN;
        }
        double[] around = new double[2 * WEEKS_AROUND];
        int count = 0;
        for (int week = -WEEKS_AROUND; week <= WEEKS_AROUND; week++) {
            int j = i + 7 * week;
            if (week != 0 && j >= 0 && j < days.length && days[j] > 0) {
                around[count++] = days[j];
            }
        }
        if (count < WEEKS_AROUND) {
            return Double.NaN;
        }
        Arrays.sort(around, 0, count);
        double median = count % 2 == 1 ? around[count / 2] : (around[count / 2 - 1] + around[count / 2]) / 2;
        return Math.log(days[i] / median);
    }

    private static int edgeOf(long day) {
        LocalDate date = LocalDate.ofEpochDay(day);
        int left = date.lengthOfMonth() - date.getDayOfMonth();
        if (left <= 1) {
            return left;
        }
        return date.getDayOfMonth() == 1 ? 2 : -1;
    }
}
