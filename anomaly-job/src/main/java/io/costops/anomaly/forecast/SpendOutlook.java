package io.costops.anomaly.forecast;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How the spend of a key goes on from a moment: made by {@link SpendForecaster}. */
public final class SpendOutlook {
    private static final int MONTHS_PER_QUARTER = 3;
    private static final int DAYS_AHEAD = 30;
    /** Estimates leave as decimals of a millionth of the currency. */
    private static final int DECIMALS = 6;

    private final SpendHistory history;
    private final Instant now;
    private final double[] point;
    private final double[][] paths;
    private final double[] shares;
    private final Confidence confidence;
    private final long today;

    SpendOutlook(
            SpendHistory history,
            Instant now,
            double[] point,
            double[][] paths,
            double[] shares,
            Confidence confidence) {
        this.history = history;
        this.now = now;
        this.point = point;
        this.paths = paths;
        this.shares = shares;
        this.confidence = confidence;
        this.today = Math.floorDiv(now.getEpochSecond(), 86_400L);
    }

    /** The end of the quarter or 30 days from now, whichever is later: what an outlook should reach. */
    public static Instant usualEnd(Instant now, ZoneId zone) {
        Instant quarter = startOf(quarterOf(now, zone).plusMonths(MONTHS_PER_QUARTER), zone);
        Instant thirtyDays = now.plusSeconds(DAYS_AHEAD * 86_400L);
        return quarter.isAfter(thirtyDays) ? quarter : thirtyDays;
    }

    public Confidence confidence() {
        return confidence;
    }

    /** Until when forecasts can be asked for. */
    public Instant end() {
        return Instant.ofEpochSecond((today + point.length) * 86_400L);
    }

    /** This month, as its owner's clock has it. */
    public PeriodForecast monthEnd(ZoneId zone) {
        LocalDate month = now.atZone(zone).toLocalDate().withDayOfMonth(1);
        return period(startOf(month, zone), startOf(month.plusMonths(1), zone), null);
    }

    public PeriodForecast quarterEnd(ZoneId zone) {
        LocalDate quarter = quarterOf(now, zone);
        return period(startOf(quarter, zone), startOf(quarter.plusMonths(MONTHS_PER_QUARTER), zone), null);
    }

    public PeriodForecast nextThirtyDays() {
        return period(now, now.plusSeconds(DAYS_AHEAD * 86_400L), null);
    }

    /**
     * A period that ends in the future.
     *
     * @param spent of it until now; null takes the history's own sum, which is right to a tenth of a percent
     */
    public PeriodForecast period(Instant from, Instant to, @Nullable BigDecimal spent) {
        if (to.isAfter(end()) || !to.isAfter(from)) {
            throw new IllegalArgumentException("the period from " + from + " to " + to
                    + " must end after it begins and at " + end() + " at the latest");
        }
        Instant begin = from.isAfter(now) ? from : now;
        BigDecimal done = spent != null
                ? spent
                : from.isBefore(now)
                        ? money(history.spent(
                                Math.floorDiv(from.getEpochSecond(), 3_600L),
                                Math.floorDiv(now.getEpochSecond(), 3_600L) + 1))
                        : BigDecimal.ZERO;
        double expected = between(point, begin, to);
        double[] totals = new double[paths.length];
        for (int p = 0; p < paths.length; p++) {
            totals[p] = between(paths[p], begin, to);
        }
        Arrays.sort(totals);
        // The paths' median may lie a little off the point forecast; the interval holds both.
        return new PeriodForecast(
                from,
                to,
                done,
                done.add(money(expected)),
                done.add(money(Math.min(expected, quantile(totals, 0.1, expected)))),
                done.add(money(Math.max(expected, quantile(totals, 0.9, expected)))),
                done.add(money(Math.min(expected, quantile(totals, 0.025, expected)))),
                done.add(money(Math.max(expected, quantile(totals, 0.975, expected)))),
                confidence);
    }

    /**
     * When what is left of a budget will have been spent.
     *
     * @param left of the budget now; 0 or less has run out already
     * @param end of the budget's period
     */
    public RunOut runOut(BigDecimal left, Instant end) {
        if (left.signum() <= 0) {
            Optional<Instant> already = Optional.of(now);
            return new RunOut(1, already, already, already, already, already, confidence);
        }
        Instant last = end.isBefore(end()) ? end : end();
        double amount = left.doubleValue();
        // What no path reaches before the end counts as later than everything.
        long[] moments = new long[paths.length];
        int before = 0;
        for (int p = 0; p < paths.length; p++) {
            moments[p] = crossing(paths[p], amount, last.getEpochSecond());
            before += moments[p] == Long.MAX_VALUE ? 0 : 1;
        }
        Arrays.sort(moments);
        return new RunOut(
                paths.length == 0 ? 0 : (double) before / paths.length,
                moment(moments, 0.5),
                moment(moments, 0.025),
                moment(moments, 0.975),
                moment(moments, 0.1),
                moment(moments, 0.9),
                confidence);
    }

    private long crossing(double[] path, double amount, long endSeconds) {
        double left = amount;
        double hourOfNow = Math.floorMod(now.getEpochSecond(), 86_400L) / 3_600.0;
        for (int d = 0; d < path.length; d++) {
            double rest = d == 0 ? 1 - SpendForecaster.done(shares, now) : 1;
            if (path[d] * rest < left) {
                left -= path[d] * rest;
                continue;
            }
            double from = d == 0 ? hourOfNow : 0;
            for (int h = (int) from; h < SpendForecaster.HOURS_PER_DAY; h++) {
                double share = shares[h] * (h + 1 - Math.max(h, from));
                double cost = path[d] * share;
                if (cost >= left || h == SpendForecaster.HOURS_PER_DAY - 1) {
                    double within =
                            Math.max(h, from) + (cost > 0 ? Math.min(1, left / cost) : 0) * (h + 1 - Math.max(h, from));
                    long at = (today + d) * 86_400L + Math.round(within * 3_600);
                    return at <= endSeconds ? at : Long.MAX_VALUE;
                }
                left -= cost;
            }
        }
        return Long.MAX_VALUE;
    }

    private static Optional<Instant> moment(long[] sorted, double probability) {
        if (sorted.length == 0) {
            return Optional.empty();
        }
        long at = sorted[(int) Math.min(sorted.length - 1, Math.floor(probability * sorted.length))];
        return at == Long.MAX_VALUE ? Optional.empty() : Optional.of(Instant.ofEpochSecond(at));
    }

    /** What a path costs between two moments from now on. */
    private double between(double[] path, Instant from, Instant to) {
        return until(path, to) - until(path, from);
    }

    private double until(double[] path, Instant at) {
        long day = Math.floorDiv(at.getEpochSecond(), 86_400L) - today;
        double sum = 0;
        for (int d = 0; d < Math.min(day, path.length); d++) {
            sum += path[d];
        }
        return day < path.length ? sum + path[(int) day] * SpendForecaster.done(shares, at) : sum;
    }

    private static double quantile(double[] sorted, double probability, double otherwise) {
        if (sorted.length == 0) {
            return otherwise;
        }
        double at = probability * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    private static BigDecimal money(double amount) {
        return BigDecimal.valueOf(amount).setScale(DECIMALS, RoundingMode.HALF_EVEN);
    }

    private static LocalDate quarterOf(Instant now, ZoneId zone) {
        LocalDate month = now.atZone(zone).toLocalDate().withDayOfMonth(1);
        return month.minusMonths((month.getMonthValue() - 1) % MONTHS_PER_QUARTER);
    }

    private static Instant startOf(LocalDate day, ZoneId zone) {
        return day.atStartOfDay(zone).toInstant();
    }
}
