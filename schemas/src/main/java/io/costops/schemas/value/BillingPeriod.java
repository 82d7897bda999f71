package io.costops.schemas.value;

import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;

/** A calendar month in UTC; the period that an invoice covers. */
public record BillingPeriod(YearMonth month) implements Comparable<BillingPeriod> {
    public static BillingPeriod of(Instant time) {
        return new BillingPeriod(YearMonth.from(time.atZone(ZoneOffset.UTC)));
    }

    public LocalDate firstDay() {
        return month.atDay(1);
    }

    @Override
    public int compareTo(BillingPeriod other) {
        return month.compareTo(other.month);
    }

    @Override
    public String toString() {
        return month.toString();
    }
}
