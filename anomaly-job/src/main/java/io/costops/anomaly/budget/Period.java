package io.costops.anomaly.budget;

import io.costops.schemas.avro.BudgetPeriod;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;

/**
 * One period of a budget.
 *
 * <p>It begins at the first moment of a day in the owner's time zone, so that a day has 23 or 25 hours when clocks change. A
 * budget for single requests is looked at by the day.
 */
public record Period(Instant start, Instant end) {
    /** The period that a moment lies in. */
    public static Period at(Instant moment, BudgetPeriod period, ZoneId zone) {
        LocalDate day = moment.atZone(zone).toLocalDate();
        LocalDate first = switch (period) {
            case REQUEST, DAY -> day;
            case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
            case MONTH -> day.withDayOfMonth(1);
            case QUARTER -> day.withMonth((day.getMonthValue() - 1) / 3 * 3 + 1).withDayOfMonth(1);
            case UNKNOWN -> throw new IllegalArgumentException("a budget has a period");
        };
        LocalDate next = switch (period) {
            case REQUEST, DAY -> first.plusDays(1);
            case WEEK -> first.plusWeeks(1);
            case MONTH -> first.plusMonths(1);
            case QUARTER -> first.plusMonths(3);
            case UNKNOWN -> throw new IllegalArgumentException("a budget has a period");
        };
        return new Period(
                first.atStartOfDay(zone).toInstant(), next.atStartOfDay(zone).toInstant());
    }

    public boolean contains(Instant moment) {
        return !moment.isBefore(start) && moment.isBefore(end);
    }
}
