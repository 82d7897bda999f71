package io.costops.anomaly.forecast;

import java.util.Random;

/** Seeded hourly spend: busy days, quiet nights and weekends, noise. */
final class Rhythm {
    private Rhythm() {}

    /** Cost of an hour, counted from a Monday 00:00, without noise. */
    static double usual(int hour) {
        double ofDay = 0.3 + Math.exp(-Math.pow((hour % 24 - 14) / 4.0, 2));
        return 10 * ofDay * (hour / 24 % 7 >= 5 ? 0.4 : 1);
    }

    static double[] hours(int count, double noise, long seed) {
        Random random = new Random(seed);
        double[] hours = new double[count];
        for (int i = 0; i < count; i++) {
            hours[i] = usual(i) * Math.exp(noise * random.nextGaussian());
        }
        return hours;
    }

    static double sum(double[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        return sum;
    }
}
