package io.costops.anomaly.forecast;

import java.time.Instant;
import java.util.Arrays;
import java.util.Random;

/**
 * Says how the spend of a key goes on, from its history. Deterministic: the same history, moment and seed give the same outlook.
 *
 * <p>The days ahead come from two banks of models, one over days and one over the last weeks' hours, and from what is being spent at
 * the moment. How wrong they may be comes from what the same models missed of the key's own past: many paths are drawn, each
 * with a level that wanders and with days that scatter as those of the past did.
 *
 * <p>Holds no state: one serves any number of keys.
 */
public final class SpendForecaster {
    static final int HOURS_PER_DAY = 24;
    private static final int PATHS = 400;

    private static final int HOURLY_DAYS = 14;
    private static final int FEWEST_HOURS = 14 * HOURS_PER_DAY;
    private static final int FEWEST_DAYS = 14;
    private static final int SETTLED_DAYS = 28;

    /** Before a key has shown its own: by how much its level moves in the square root of a day, and a day scatters. */
    private static final double PRIOR_DRIFT = 0.027;

    private static final double PRIOR_SCATTER = 0.12;
    /** The prior counts as much as so many backtests. */
    private static final double PRIOR_BACKTESTS = 3;
    /** Few backtests tell little of the tails: paths follow Student's distribution with so many degrees of freedom. */
    private static final int DEGREES_OF_FREEDOM = 5;
    /** A level moves by a factor of 20 at most. */
    private static final double LARGEST_MOVE = Math.log(20);

    private final SeriesForecaster daily = new SeriesForecaster(Frequency.DAILY);
    private final SeriesForecaster hourly = new SeriesForecaster(Frequency.HOURLY);

    /**
     * Forecasts from now on.
     *
     * @param now the history is taken to be complete until then
     * @param until how far the outlook reaches at least
     * @param seed of the paths; give each key its own
     */
    public SpendOutlook outlook(SpendHistory history, Instant now, Instant until, long seed) {
        long nowHour = Math.floorDiv(now.getEpochSecond(), 3_600L);
        long today = Math.floorDiv(nowHour, HOURS_PER_DAY);
        int horizon = (int) Math.max(1, Math.floorDiv(until.getEpochSecond() - 1, 86_400L) - today + 1);
        if (history.isEmpty() || history.spent(nowHour - SpendHistory.DAYS * 24L, nowHour + 1) <= 0) {
            return new SpendOutlook(history, now, new double[horizon], new double[0][], shares(), Confidence.NONE);
        }
        double[] days = Gaps.fill(history.daysBefore(today), Frequency.DAILY);
        for (int i = 0; i < days.length; i++) {
            days[i] = Math.max(0, days[i]);
        }
        double[] shares = shares(history);
        double doneToday = done(shares, now);
        double[] point;
        double drift;
        double[] scatter;
        double level = 0;
        if (days.length < FEWEST_DAYS) {
            double rate = coldRate(history, days, now, doneToday);
            point = new double[horizon];
            Arrays.fill(point, rate);
            drift = 2 * PRIOR_DRIFT;
            scatter = new double[] {-2 * PRIOR_SCATTER, 2 * PRIOR_SCATTER};
            level = coldWidth(days.length + doneToday);
        } else {
            CalendarEffects calendar = new CalendarEffects(days, today - days.length);
            point = points(history, days, nowHour, horizon, calendar);
            Noise noise = Noise.of(days);
            drift = noise.drift;
            scatter = noise.scatter;
        }
        double[][] paths = paths(point, drift, scatter, level, seed);
        Confidence confidence = days.length < FEWEST_DAYS
                ? Confidence.COLD_START
                : days.length < SETTLED_DAYS ? Confidence.SHORT_HISTORY : Confidence.SETTLED;
        return new SpendOutlook(history, now, point, paths, shares, confidence);
    }

    /** Costs of today and the days after, each as a whole. */
    private double[] points(SpendHistory history, double[] days, long nowHour, int horizon, CalendarEffects calendar) {
        SeriesForecast byDay = daily.forecast(days, horizon);
        double[] point = byDay.point();
        long today = Math.floorDiv(nowHour, HOURS_PER_DAY);
        int hoursOfToday = (int) Math.floorMod(nowHour, (long) HOURS_PER_DAY);
        double[] hours = Gaps.fill(history.hours(nowHour - SpendHistory.HOURS, nowHour), Frequency.HOURLY);
        double late = 0;
        int week = Math.min(7, days.length);
        for (int i = 1; i <= week; i++) {
            late += days[days.length - i] / week;
        }
        double[] byHour = new double[0];
        if (hours.length >= FEWEST_HOURS) {
            int ahead = Math.min(horizon, HOURLY_DAYS) * HOURS_PER_DAY - hoursOfToday;
            double[] costs = hourly.forecast(hours, ahead).point();
            byHour = new double[Math.min(horizon, HOURLY_DAYS)];
            byHour[0] = history.spent(today * HOURS_PER_DAY, nowHour);
            for (int i = 0; i < costs.length; i++) {
                byHour[(hoursOfToday + i) / HOURS_PER_DAY] += costs[i];
            }
        }
        double both = 0;
        double byDayAlone = 0;
        for (int i = 0; i < byHour.length; i++) {
            double mean = (2 * byHour[i] + point[i]) / 3;
            both += mean;
            byDayAlone += point[i];
            point[i] = mean;
        }
        // Where hours no longer tell, the days go on from where both have led.
        double step = byDayAlone > 0 ? both / byDayAlone : 1;
        for (int i = byHour.length; i < horizon; i++) {
            point[i] *= step;
        }
        // What is spent of late counts in each week as it does in a total.
        for (int from = 0; from < horizon; from += 7) {
            int to = Math.min(horizon, from + 7);
            double sum = 0;
            for (int i = from; i < to; i++) {
                sum += point[i];
            }
            if (to - from == 7 && sum > 0) {
                step = 1 + Backtested.SHARE_OF_RUN_RATE * (7 * late / sum - 1);
            }
            for (int i = from; i < to; i++) {
                point[i] *= sum > 0 ? step : 1;
            }
        }
        for (int i = 0; i < horizon; i++) {
            point[i] = Math.max(0, point[i] * calendar.factor(today + i));
        }
        return point;
    }

    /** What a young key spends in a day: the mean of its days, and of today as far as it has gone. */
    private static double coldRate(SpendHistory history, double[] days, Instant now, double doneToday) {
        long nowHour = Math.floorDiv(now.getEpochSecond(), 3_600L);
        long today = Math.floorDiv(nowHour, HOURS_PER_DAY);
        long from = Math.max(today * HOURS_PER_DAY, history.firstHour());
        double sum = history.spent(from, nowHour + 1);
        double weight = from > today * HOURS_PER_DAY
                ? Math.max(1, now.getEpochSecond() - from * 3_600) / 86_400.0
                : Math.max(1 / 24.0, doneToday);
        for (double day : days) {
            sum += day;
            weight += 1;
        }
        return sum / weight;
    }

    /** Standard deviation of the logarithm of a level that is known from so many days. */
    private static double coldWidth(double days) {
        if (days >= 7) {
            return 0.45 / Math.sqrt(days);
        }
        return 0.9 / Math.sqrt(days + 0.5) + (days < 1 ? 0.8 : 0);
    }

    private static double[][] paths(double[] point, double drift, double[] scatter, double level, long seed) {
        Random random = new Random(seed);
        double[][] paths = new double[PATHS][point.length];
        for (int p = 0; p < PATHS; p += 2) {
            double chiSquare = 0;
            for (int i = 0; i < DEGREES_OF_FREEDOM; i++) {
                double g = random.nextGaussian();
                chiSquare += g * g;
            }
            double width = Math.sqrt(DEGREES_OF_FREEDOM / chiSquare);
            double start = level * width * random.nextGaussian();
            double wander = 0;
            for (int d = 0; d < point.length; d++) {
                wander += drift * width * random.nextGaussian();
                double move = Math.max(-LARGEST_MOVE, Math.min(LARGEST_MOVE, start + wander));
                double day = scatter[random.nextInt(scatter.length)];
                // Paths come in pairs of opposite levels, which makes their quantiles steadier.
                paths[p][d] = point[d] * Math.max(0, Math.exp(move) + day);
                paths[p + 1][d] = point[d] * Math.max(0, Math.exp(-move) - day);
            }
        }
        return paths;
    }

    /** Which share of a day's cost falls in each hour. */
    private static double[] shares(SpendHistory history) {
        double[] shares = new double[HOURS_PER_DAY];
        double sum = 0;
        for (int h = 0; h < HOURS_PER_DAY; h++) {
            shares[h] = history.usualOfHour(h);
            sum += shares[h];
        }
        if (!(sum > 0)) {
            return shares();
        }
        for (int h = 0; h < HOURS_PER_DAY; h++) {
            // A part is spread evenly: one odd hour of a young key isn't a rhythm.
            shares[h] = 0.95 * shares[h] / sum + 0.05 / HOURS_PER_DAY;
        }
        return shares;
    }

    private static double[] shares() {
        double[] shares = new double[HOURS_PER_DAY];
        Arrays.fill(shares, 1.0 / HOURS_PER_DAY);
        return shares;
    }

    /** Which share of its day's cost usually has been spent at a moment. */
    static double done(double[] shares, Instant at) {
        double hour = Math.floorMod(at.getEpochSecond(), 86_400L) / 3_600.0;
        double done = 0;
        for (int h = 0; h < (int) hour; h++) {
            done += shares[h];
        }
        return done + (hour - (int) hour) * shares[Math.min((int) hour, HOURS_PER_DAY - 1)];
    }

    /** What the models missed of the key's own days. */
    private static final class Noise {
        /** Standard deviation by which the logarithm of the level moves in a day. */
        final double drift;
        /** What days missed, relative to what was forecast of them, apart from the level. */
        final double[] scatter;

        private Noise(double drift, double[] scatter) {
            this.drift = drift;
            this.scatter = scatter;
        }

        static Noise of(double[] days) {
            Backtested backtested = new Backtested(days, Frequency.DAILY, Math.min(28, days.length / 3));
            double[] weights = backtested.weights(backtested.backtests());
            double drifts = PRIOR_BACKTESTS * PRIOR_DRIFT * PRIOR_DRIFT;
            double seen = PRIOR_BACKTESTS;
            double[] scatter = new double[backtested.backtests() * days.length];
            int count = 0;
            double squares = 0;
            for (int o = 0; o < backtested.backtests(); o++) {
                double[] mix = backtested.mix(weights, o);
                if (mix == null) {
                    continue;
                }
                int steps = backtested.steps(o);
                double actual = 0;
                double forecast = 0;
                for (int i = 0; i < steps; i++) {
                    actual += backtested.actual(o, i);
                    forecast += Math.max(0, mix[i]);
                }
                if (!(forecast > 0)) {
                    continue;
                }
                double level = Math.min(20, actual / forecast);
                double moved = Math.log(Math.max(level, 0.05));
                // The mean of a random walk over n steps has a third of its variance after n steps.
                drifts += 3 * moved * moved / steps;
                seen++;
                if (actual == 0) {
                    // Where nothing was spent it was the level that was missed; no day strayed from it.
                    continue;
                }
                for (int i = 0; i < steps; i++) {
                    double miss = backtested.actual(o, i) / (Math.max(mix[i], 0.05 * forecast / steps) * level) - 1;
                    scatter[count] = Math.max(-1, Math.min(3, miss));
                    squares += scatter[count] * scatter[count];
                    count++;
                }
            }
            if (count == 0) {
                return new Noise(2 * PRIOR_DRIFT, new double[] {-2 * PRIOR_SCATTER, 2 * PRIOR_SCATTER});
            }
            // Shrunk towards the prior as far as there is little to see.
            double own = squares / count;
            double wanted = (own * count + PRIOR_SCATTER * PRIOR_SCATTER * 7) / (count + 7);
            double scale = own > 0 ? Math.sqrt(wanted / own) : 0;
            double[] scaled = new double[count];
            for (int i = 0; i < count; i++) {
                scaled[i] = scatter[i] * scale;
            }
            return new Noise(Math.sqrt(drifts / seen), scaled);
        }
    }
}
