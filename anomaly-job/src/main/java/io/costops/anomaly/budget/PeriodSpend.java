package io.costops.anomaly.budget;

import java.math.BigDecimal;

/**
 * What was spent in one period of a budget, and what was said of it.
 *
 * @param spent of a budget for single requests the dearest one
 * @param newestRecordedMillis recorded time of the newest entry, 0 if there is none
 * @param crossedPercent highest threshold of actual spend that was told, 0 if none
 * @param crossedForecastPercent the same of forecast spend
 * @param open an incident about actual spend lasts
 * @param forecastOpen one about forecast spend lasts
 */
public record PeriodSpend(
        BigDecimal spent,
        long requests,
        long newestRecordedMillis,
        BigDecimal crossedPercent,
        BigDecimal crossedForecastPercent,
        boolean open,
        boolean forecastOpen) {

    public static final PeriodSpend NOTHING =
            new PeriodSpend(BigDecimal.ZERO, 0, 0, BigDecimal.ZERO, BigDecimal.ZERO, false, false);

    public PeriodSpend plus(BigDecimal amount, long moreRequests, long recordedMillis) {
        return spent(spent.add(amount), requests + moreRequests, recordedMillis);
    }

    /** Of single requests the dearest is kept. */
    public PeriodSpend orDearer(BigDecimal amount, long moreRequests, long recordedMillis) {
        return spent(spent.max(amount), requests + moreRequests, recordedMillis);
    }

    private PeriodSpend spent(BigDecimal now, long nowRequests, long recordedMillis) {
        return new PeriodSpend(
                now,
                nowRequests,
                Math.max(newestRecordedMillis, recordedMillis),
                crossedPercent,
                crossedForecastPercent,
                open,
                forecastOpen);
    }

    /** The same sums, with what was told by another. */
    public PeriodSpend withWhatWasToldOf(PeriodSpend other) {
        return new PeriodSpend(
                spent,
                requests,
                newestRecordedMillis,
                other.crossedPercent,
                other.crossedForecastPercent,
                other.open,
                other.forecastOpen);
    }

    PeriodSpend told(BigDecimal percent, boolean lasts) {
        return new PeriodSpend(
                spent, requests, newestRecordedMillis, percent, crossedForecastPercent, lasts, forecastOpen);
    }

    PeriodSpend toldForecast(BigDecimal percent, boolean lasts) {
        return new PeriodSpend(spent, requests, newestRecordedMillis, crossedPercent, percent, open, lasts);
    }
}
