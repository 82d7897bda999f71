package io.costops.infra.demo;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;

/** How much is used at an hour of the week, relative to the average hour. */
@SuppressWarnings("ImmutableEnumChecker") // the arrays are never written and never leave
enum Rhythm {
    /** People at work: mornings and afternoons, a dip at lunch, little at the weekend. */
    OFFICE(
            new double[] {1, 1, 1, 1, 1, 2, 5, 12, 22, 28, 30, 28, 20, 24, 29, 29, 26, 20, 12, 7, 5, 4, 3, 2},
            new double[] {1.0, 1.08, 1.1, 1.05, 0.9, 0.2, 0.17}),
    /** People at home: evenings, more at the weekend. */
    CONSUMER(
            new double[] {6, 4, 2, 2, 2, 3, 6, 10, 13, 14, 15, 17, 19, 18, 17, 17, 19, 22, 27, 31, 33, 30, 21, 12},
            new double[] {0.92, 0.9, 0.92, 0.97, 1.07, 1.2, 1.17}),
    /** Batches that run at night. */
    NIGHTLY(
            new double[] {4, 40, 60, 48, 20, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2},
            new double[] {1.05, 1.05, 1.05, 1.05, 1.05, 0.9, 0.9}),
    /** Machines that never rest. */
    STEADY(
            new double[] {9, 9, 9, 9, 9, 9, 10, 10, 11, 11, 11, 11, 11, 11, 11, 11, 11, 10, 10, 10, 9, 9, 9, 9},
            new double[] {1.02, 1.02, 1.02, 1.02, 1.02, 0.96, 0.96});

    private static final int HOURS_OF_DAY = 24;
    private static final int DAYS_OF_WEEK = 7;

    private final double[] byHour;
    private final double[] byDay;
    private final double mean;

    Rhythm(double[] byHour, double[] byDay) {
        this.byHour = byHour;
        this.byDay = byDay;
        this.mean = Arrays.stream(byHour).sum() * Arrays.stream(byDay).sum() / (HOURS_OF_DAY * DAYS_OF_WEEK);
    }

    /** Averages to 1 over any whole week. */
    double at(Instant hour, int hoursFromUtc) {
        ZonedDateTime local = hour.atZone(ZoneOffset.ofHours(hoursFromUtc));
        return byHour[local.getHour()] * byDay[local.getDayOfWeek().getValue() - 1] / mean;
    }
}
