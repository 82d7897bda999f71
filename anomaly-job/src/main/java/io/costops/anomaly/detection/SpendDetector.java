package io.costops.anomaly.detection;

import static io.costops.anomaly.detection.SignalFamily.DRIFT;
import static io.costops.anomaly.detection.SignalFamily.PRICE;
import static io.costops.anomaly.detection.SignalFamily.TOKENS;
import static io.costops.anomaly.detection.SignalFamily.VOLUME;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Watches the spend of one key, bucket by bucket.
 *
 * <p>Spend is requests x tokens per request x price per token. Each factor is judged for itself, in five windows from one
 * bucket to a day, against what the key usually does at this time of the week; errors and the drift of daily totals besides.
 * An alarm needs a deviation that is large against the key's own noise and beats the key's own record, so that each key
 * sets its own bar. What is abnormal isn't learned, for 24 hours; after that it is the new normal.
 *
 * <p>Not thread-safe. Deterministic: the same buckets give the same events, also across {@link #toBytes()}.
 */
public final class SpendDetector {
    private static final short STATE_TAG = 0x5350;
    private static final short STATE_VERSION = 3;

    /** Less than this isn't worth a person's time, however sure it is. */
    private static final double LEAST_REQUEST_EXCESS = Math.log(1.5);

    private static final double LEAST_PRICE_EXCESS = Math.log(1.05);
    private static final double LEAST_TOKEN_EXCESS = Math.log(1.1);
    private static final double LEAST_ERROR_EXCESS = 0.05;
    private static final double LEAST_ERRORS = 3;
    private static final double LEAST_DRIFT_PER_DAY = 0.02;
    /** Batches run at a month's edge that no week has taught: traffic must then deviate more. */
    private static final double MONTHS_EDGE_FACTOR = 2;

    private static final double RETRIES_SHARE = 0.1;
    private static final double RETRIES_RATIO = Math.log(1.3);
    private static final double LEAK_RATIO = Math.log(3);
    private static final double QUIET_HOUR_SHARE = 0.6;
    private static final double MODEL_SWITCH_RATIO = Math.log(2.5);
    private static final double CACHE_SHARE_LOST = 0.15;
    /** A cache has collapsed when less than half of its usual share of the tokens comes from it; what is less shows in the price. */
    private static final double CACHE_COLLAPSED = 0.5;
    /** Variance of one request's share of cached tokens: prompts are found in the cache nearly whole or not at all. */
    private static final double CACHE_SCATTER = 0.2;

    private static final double CACHE_THRESHOLD = 6;

    /** After a gap scores count half for an hour: what comes first is often a remainder. */
    private static final long DOUBT_SECONDS = 3_600L;
    /** Work that an outage held up may be made up for until a day later. */
    private static final long BACKLOG_SECONDS = 86_400L;

    /** So many late buckets in a row, and it is the clock that went back. */
    private static final int LATE_BUCKETS_OF_A_NEW_CLOCK = 24;

    private static final List<SignalFamily> ACUTE = List.of(VOLUME, TOKENS, PRICE);

    private final SpendOptions options;
    private final int bucketSeconds;

    private final SpendWindows windows = new SpendWindows();
    private final RequestProfile profile = new RequestProfile();
    private final RatioBaseline tokensPerRequest = new RatioBaseline(0.6);
    private final RatioBaseline unitPrice = new RatioBaseline(0.02);
    private final Calibration requestCalibration = new Calibration(0.2, 0.03, 1.25);
    private final RateBaseline errorRate = new RateBaseline();
    private final RateBaseline retryRate = new RateBaseline();
    private final Calibration errorCalibration = new Calibration(0, 0.01, 1.2);
    private final Calibration retryCalibration = new Calibration(0, 0.01, 1.2);
    private final Calibration cacheCalibration = new Calibration(0.1, 0.03, 1.2);
    private final Calibration tokenCalibration = new Calibration(0.1, 0.02, 1.2);
    private final Calibration priceCalibration = new Calibration(0.02, 0.01, 1.15);
    private final DayTotals today = new DayTotals();
    private final DailyHistory history = new DailyHistory();
    private final IncidentBook incidents = new IncidentBook(new Baselines());

    private long firstSeconds = Long.MIN_VALUE;
    private long lastSeconds = Long.MIN_VALUE;
    private int lateInARow;
    /** Share of buckets that came lately. */
    private double presence;

    private double cacheShare = Double.NaN;
    /** Requests that an outage held up and that may still be made up for. */
    private double backlog;

    private long gapEndedSeconds = Long.MIN_VALUE;
    private int bucketsOfHour;

    /** Scratch: the sums of one window. */
    private final double[] sums = new double[SpendWindows.FIELDS];
    /** By how much traffic must deviate more today, and scores of this hour count less. */
    private double edgeFactor = 1;

    private long edgeDay = Long.MIN_VALUE;

    private double doubtFactor = 1;

    public SpendDetector(SpendOptions options) {
        this.options = options;
        this.bucketSeconds = options.bucketSeconds();
    }

    /** Judges a bucket, learns from it, and says what changed. Buckets come in order; a late one only corrects. */
    public List<SpendEvent> observe(SpendBucket bucket) {
        return take(bucket, true);
    }

    /** Learns from a bucket that is too old to alarm anyone, such as one of a back-fill. */
    public void teach(SpendBucket bucket) {
        take(bucket, false);
    }

    /** A person said that what is going on was planned or is fine: it is the new normal at once. */
    public List<SpendEvent> acceptAsNormal(long nowSeconds) {
        List<SpendEvent> events = new ArrayList<>();
        requestCalibration.acceptPeaks();
        errorCalibration.acceptPeaks();
        retryCalibration.acceptPeaks();
        cacheCalibration.acceptPeaks();
        tokenCalibration.acceptPeaks();
        priceCalibration.acceptPeaks();
        for (SignalFamily family : SignalFamily.values()) {
            if (incidents.isOpen(family)) {
                adopt(family, newestWindowSince(nowSeconds - incidents.openedSeconds(family)));
                incidents.close(family, nowSeconds, events);
            }
        }
        return events;
    }

    /** The incidents that are open. */
    public List<SpendIncident> openIncidents() {
        return incidents.openIncidents();
    }

    private List<SpendEvent> take(SpendBucket bucket, boolean mayAlarm) {
        if (!bucket.isNumeric()) {
            return List.of();
        }
        long start = bucket.startSeconds();
        boolean late = lastSeconds != Long.MIN_VALUE && start <= lastSeconds;
        if (late && !bucket.isCorrection() && ++lateInARow >= LATE_BUCKETS_OF_A_NEW_CLOCK) {
            restartClock(start);
        } else if (late || bucket.isCorrection()) {
            correct(bucket);
            return List.of();
        }
        lateInARow = 0;
        List<SpendEvent> events = new ArrayList<>(0);
        if (lastSeconds == Long.MIN_VALUE) {
            firstSeconds = Math.min(start, firstSeconds == Long.MIN_VALUE ? start : firstSeconds);
        } else {
            noticeGap(start, events, mayAlarm);
            closeHours(start, events, mayAlarm);
        }
        windows.advanceTo(start);
        bucketsOfHour++;
        boolean expected = count(bucket);
        judge();
        if (mayAlarm) {
            decide(bucket, expected, events);
        }
        learn(bucket, expected);
        lastSeconds = start;
        return events.isEmpty() ? List.of() : events;
    }

    /** Late usage, reversals and adjustments: the sums are mended, nothing is judged. */
    private void correct(SpendBucket bucket) {
        if (bucket.requests() == 0 && bucket.tokens() == 0) {
            // Money alone, such as a re-pricing: what requests use hasn't changed.
            return;
        }
        long start = bucket.startSeconds();
        windows.correct(start, SpendWindows.JUDGED_REQUESTS, bucket.requests());
        windows.correct(start, SpendWindows.REQUESTS, bucket.requests());
        windows.correct(start, SpendWindows.ERRORS, bucket.errors());
        windows.correct(start, SpendWindows.TOKENS, bucket.tokens());
        if (unitPrice.isKnown()) {
            windows.correct(start, SpendWindows.EXPECTED_TOKENS, bucket.requests() * tokensPerRequest.value());
            windows.correct(start, SpendWindows.COST_IN_TOKENS, bucket.cost() / unitPrice.value());
        }
    }

    /** The clock of the source was ahead and has been set right: go on from here with what has been learned. */
    private void restartClock(long start) {
        windows.clear();
        today.clear();
        backlog = 0;
        gapEndedSeconds = Long.MIN_VALUE;
        bucketsOfHour = 0;
        incidents.clockWentBack(start);
        firstSeconds = Math.min(firstSeconds, start);
        lastSeconds = Long.MIN_VALUE;
    }

    private void noticeGap(long start, List<SpendEvent> events, boolean mayAlarm) {
        long missing = (start - lastSeconds) / bucketSeconds - 1;
        double gain = (double) bucketSeconds / WeekClock.SECONDS_PER_DAY;
        if (missing > 0) {
            if (presence > 0.5 && mayAlarm) {
                events.add(new SpendEvent.DataMissing(lastSeconds + bucketSeconds, start));
            }
            presence *= Math.pow(1 - gain, (double) missing);
            long counted = Math.min(missing, WeekClock.SECONDS_PER_DAY / bucketSeconds);
            for (long k = 1; k <= counted; k++) {
                if (expect(lastSeconds + k * bucketSeconds)) {
                    backlog += profile.expected;
                }
            }
            gapEndedSeconds = start;
        }
        presence += gain * (1 - presence);
    }

    private boolean expect(long startSeconds) {
        return profile.expect(startSeconds, bucketSeconds, requestCalibration.variance(SpendWindows.HOUR));
    }

    /** Puts the bucket into the windows; false while nothing is known of its hour. */
    private boolean count(SpendBucket bucket) {
        double requests = bucket.requests();
        boolean known = expect(bucket.startSeconds());
        if (known) {
            double excused = excusedByBacklog(bucket.startSeconds(), requests - profile.expected);
            windows.add(SpendWindows.JUDGED_REQUESTS, requests - excused);
            windows.add(SpendWindows.EXPECTED_REQUESTS, profile.expected);
            windows.add(SpendWindows.EXPECTED_UNCERTAINTY, profile.expected * profile.uncertainty);
        }
        if (!unitPrice.isKnown() && requests > 0 && bucket.tokens() > 0 && bucket.cost() > 0) {
            tokensPerRequest.start(bucket.tokens() / requests);
            unitPrice.start(bucket.cost() / bucket.tokens());
        }
        windows.add(SpendWindows.REQUESTS, requests);
        windows.add(SpendWindows.ERRORS, bucket.errors());
        windows.add(SpendWindows.TOKENS, bucket.tokens());
        if (Double.isFinite(bucket.cachedTokens())) {
            windows.add(SpendWindows.CACHED_TOKENS, bucket.cachedTokens());
        }
        if (Double.isFinite(bucket.retries())) {
            windows.add(SpendWindows.RETRIES, bucket.retries());
        }
        if (unitPrice.isKnown()) {
            windows.add(SpendWindows.EXPECTED_TOKENS, requests * tokensPerRequest.value());
            windows.add(SpendWindows.COST_IN_TOKENS, bucket.cost() / unitPrice.value());
        }
        return known;
    }

    /** After an outage the work that waited is done as well: up to twice the usual, until it is made up for. */
    private double excusedByBacklog(long start, double excess) {
        if (backlog <= 0) {
            return 0;
        }
        if (start - gapEndedSeconds > BACKLOG_SECONDS) {
            backlog = 0;
            return 0;
        }
        double excused = Math.max(0, Math.min(excess, Math.min(backlog, profile.expected)));
        backlog -= excused;
        return excused;
    }

    private void judge() {
        double usualErrors = errorRate.rate();
        double usualRetries = retryRate.rate();
        for (int w = 0; w < SpendWindows.COUNT; w++) {
            windows.sum(w, sums);
            double expected = sums[SpendWindows.EXPECTED_REQUESTS];
            if (expected > 0) {
                double judged = sums[SpendWindows.JUDGED_REQUESTS];
                double uncertain = sums[SpendWindows.EXPECTED_UNCERTAINTY] / expected;
                requestCalibration.judge(
                        w,
                        Math.log((judged + 1) / (expected + 1)),
                        1 / (expected + 1) + uncertain,
                        1 / (typicalCount(judged, expected) + 1) + uncertain);
            } else {
                requestCalibration.skip(w);
            }
            double requests = sums[SpendWindows.REQUESTS];
            double tokens = sums[SpendWindows.TOKENS];
            judgeRatio(tokenCalibration, w, tokens, sums[SpendWindows.EXPECTED_TOKENS], tokensPerRequest, requests);
            judgeRatio(priceCalibration, w, sums[SpendWindows.COST_IN_TOKENS], tokens, unitPrice, requests);
            judgeRate(errorCalibration, w, sums[SpendWindows.ERRORS], requests, usualErrors);
            judgeRate(retryCalibration, w, sums[SpendWindows.RETRIES], requests, usualRetries);
            if (unitPrice.isSettled() && requests > 0 && tokens > 0 && Double.isFinite(cacheShare)) {
                double lost = cacheShare - sums[SpendWindows.CACHED_TOKENS] / tokens;
                cacheCalibration.judge(w, lost, CACHE_SCATTER / requests);
            } else {
                cacheCalibration.skip(w);
            }
        }
    }

    /**
     * The count whose inverse is the variance of a log ratio of that size: with it the ratio over its deviation is the signed root of
     * Poisson's deviance, sqrt(2 (n ln(n/e) - n + e)), to within 2 % up to twice the expected count and 7 % up to four times. The
     * expected count alone would ask three times the evidence of a key that is used four times as much.
     */
    private static double typicalCount(double count, double expected) {
        return count > expected ? (expected + 2 * count) / 3 : expected;
    }

    /** The share of requests that something happens to is binomial, and wanders by a hundredth besides. */
    private static void judgeRate(Calibration calibration, int window, double events, double requests, double rate) {
        if (events >= LEAST_ERRORS && requests > 0) {
            double excess = events - requests * rate;
            double binomial = requests * rate * (1 - rate);
            double wandering = 0.01 * requests;
            calibration.judgeDirectly(
                    window, excess / requests, excess / (Math.sqrt(binomial + wandering * wandering) + 0.5));
        } else {
            calibration.skip(window);
        }
    }

    private static void judgeRatio(
            Calibration calibration,
            int window,
            double actual,
            double expected,
            RatioBaseline baseline,
            double requests) {
        if (baseline.isSettled() && requests > 0 && actual > 0 && expected > 0) {
            calibration.judge(window, Math.log(actual / expected), baseline.scatter() / requests);
        } else {
            calibration.skip(window);
        }
    }

    private void decide(SpendBucket bucket, boolean expected, List<SpendEvent> events) {
        long start = bucket.startSeconds();
        long now = start + bucketSeconds;
        boolean doubtful = gapEndedSeconds != Long.MIN_VALUE && start - gapEndedSeconds < DOUBT_SECONDS;
        doubtFactor = doubtful ? 2 : 1;
        edgeFactor = edgeFactorOf(Math.floorDiv(start, WeekClock.SECONDS_PER_DAY));
        for (SignalFamily family : ACUTE) {
            if (incidents.leads(family)) {
                addToIncident(family, bucket, expected, now, events);
            }
        }
        incidents.settle(now, events);
        if (start - firstSeconds < options.coldStart().toSeconds()) {
            capColdStart(now, events);
            return;
        }
        int requestWindow = loudest(requestCalibration, requestsThreshold(), LEAST_REQUEST_EXCESS);
        int errorWindow = loudest(errorCalibration, errorsThreshold(), LEAST_ERROR_EXCESS);
        int retryWindow = loudest(retryCalibration, errorsThreshold(), LEAST_ERROR_EXCESS);
        double requestScore = score(requestCalibration, requestWindow, requestsThreshold());
        double errorScore = score(errorCalibration, errorWindow, errorsThreshold());
        double retryScore = score(retryCalibration, retryWindow, errorsThreshold());
        if (requestScore >= 1 && requestScore >= Math.max(errorScore, retryScore)) {
            raise(VOLUME, Signal.REQUESTS, volumeKind(requestWindow), requestWindow, requestScore, now, events);
        } else if (errorScore >= 1 && errorScore >= retryScore) {
            raise(VOLUME, Signal.ERRORS, errorKind(errorWindow), errorWindow, errorScore, now, events);
        } else if (retryScore >= 1) {
            raise(VOLUME, Signal.RETRIES, IncidentKind.RETRY_LOOP, retryWindow, retryScore, now, events);
        }
        int tokenWindow = loudest(tokenCalibration, tokensThreshold(), LEAST_TOKEN_EXCESS);
        double tokenScore = score(tokenCalibration, tokenWindow, tokensThreshold());
        if (tokenScore >= 1) {
            raise(TOKENS, Signal.TOKENS_PER_REQUEST, IncidentKind.TOKEN_SPIKE, tokenWindow, tokenScore, now, events);
        }
        int priceWindow = loudest(priceCalibration, priceThreshold(), LEAST_PRICE_EXCESS);
        double priceScore = score(priceCalibration, priceWindow, priceThreshold());
        if (priceScore >= 1) {
            raise(PRICE, Signal.UNIT_PRICE, priceKind(priceWindow), priceWindow, priceScore, now, events);
            return;
        }
        int cacheWindow =
                loudest(cacheCalibration, cacheThreshold(), Math.max(CACHE_SHARE_LOST, CACHE_COLLAPSED * cacheShare));
        double cacheScore = score(cacheCalibration, cacheWindow, cacheThreshold());
        if (cacheScore >= 1) {
            raise(PRICE, Signal.CACHE_RATIO, IncidentKind.CACHE_COLLAPSE, cacheWindow, cacheScore, now, events);
        }
    }

    private double edgeFactorOf(long epochDay) {
        if (epochDay != edgeDay) {
            edgeDay = epochDay;
            edgeFactor = WeekClock.isMonthsEdge(epochDay) ? MONTHS_EDGE_FACTOR : 1;
        }
        return edgeFactor;
    }

    private double requestsThreshold() {
        return options.requestsThreshold() * doubtFactor * edgeFactor;
    }

    private double errorsThreshold() {
        return options.errorsThreshold() * doubtFactor;
    }

    private double tokensThreshold() {
        return options.tokensPerRequestThreshold() * doubtFactor;
    }

    private double cacheThreshold() {
        return CACHE_THRESHOLD * doubtFactor;
    }

    private double priceThreshold() {
        return options.unitPriceThreshold() * doubtFactor;
    }

    /** The window that deviates most among those that beat their record, -1 if there is none. */
    private static int loudest(Calibration calibration, double threshold, double leastEffect) {
        int loudest = -1;
        double highest = threshold;
        for (int w = 0; w < SpendWindows.COUNT; w++) {
            if (calibration.z[w] >= highest && calibration.logRatio[w] >= leastEffect && calibration.beatsRecord(w)) {
                highest = calibration.z[w];
                loudest = w;
            }
        }
        return loudest;
    }

    private static double score(Calibration calibration, int window, double threshold) {
        return window < 0 ? 0 : calibration.z[window] / threshold;
    }

    private void raise(
            SignalFamily family,
            Signal signal,
            IncidentKind kind,
            int window,
            double score,
            long now,
            List<SpendEvent> events) {
        windows.sum(window, sums);
        double actual = sums[SpendWindows.COST_IN_TOKENS] * unitPrice.value();
        double requests = sums[SpendWindows.REQUESTS];
        double tokens = sums[SpendWindows.TOKENS];
        double expected = switch (family) {
            case VOLUME -> requests > 0 ? actual / requests * sums[SpendWindows.EXPECTED_REQUESTS] : 0;
            case TOKENS -> tokens > 0 ? actual / tokens * sums[SpendWindows.EXPECTED_TOKENS] : 0;
            case PRICE -> tokens * unitPrice.value();
            case DRIFT -> actual;
        };
        setFloors();
        long since = now - SpendWindows.secondsOf(window, bucketSeconds);
        incidents.raise(
                family,
                new Alarm(signal, kind, window, score, Math.max(since, firstSeconds), actual, expected),
                now,
                events);
    }

    private void setFloors() {
        double day = history.meanRequests() * tokensPerRequest.value() * unitPrice.value();
        incidents.meanDayCost = day;
        incidents.minimumImpact = Math.max(options.minimumImpact().doubleValue(), options.minimumImpactOfDay() * day);
    }

    /** The bucket's cost, against what it would have been had the incident's factors been as usual. */
    private void addToIncident(
            SignalFamily leader, SpendBucket bucket, boolean known, long now, List<SpendEvent> events) {
        double requests = bucket.requests();
        double tokens = bucket.tokens();
        boolean volume = known && incidents.isPartOf(VOLUME, leader);
        boolean length = incidents.isPartOf(TOKENS, leader) || requests <= 0;
        boolean price = incidents.isPartOf(PRICE, leader) || tokens <= 0;
        setFloors();
        double expected = (volume ? profile.expected : requests)
                * (length ? tokensPerRequest.value() : tokens / requests)
                * (price ? unitPrice.value() : bucket.cost() / tokens);
        incidents.add(leader, bucket.cost(), expected, now, events);
    }

    private IncidentKind volumeKind(int window) {
        if (errorCalibration.logRatio[window] >= RETRIES_SHARE || retryCalibration.logRatio[window] >= RETRIES_SHARE) {
            return IncidentKind.RETRY_LOOP;
        }
        double usual = history.meanRequests() * bucketSeconds / WeekClock.SECONDS_PER_DAY;
        boolean quietHour = profile.expected < QUIET_HOUR_SHARE * usual;
        return quietHour || requestCalibration.logRatio[window] >= LEAK_RATIO
                ? IncidentKind.LEAKED_KEY
                : IncidentKind.TRAFFIC_SURGE;
    }

    private IncidentKind errorKind(int window) {
        return requestCalibration.logRatio[window] >= RETRIES_RATIO
                ? IncidentKind.RETRY_LOOP
                : IncidentKind.ERROR_BURST;
    }

    private IncidentKind priceKind(int window) {
        if (priceCalibration.logRatio[window] >= MODEL_SWITCH_RATIO) {
            return IncidentKind.MODEL_SWITCH;
        }
        windows.sum(window, sums);
        double share = sums[SpendWindows.CACHED_TOKENS] / sums[SpendWindows.TOKENS];
        return cacheShare - share >= CACHE_SHARE_LOST ? IncidentKind.CACHE_COLLAPSE : IncidentKind.PRICE_HIKE;
    }

    private void capColdStart(long now, List<SpendEvent> events) {
        BigDecimal cap = options.coldStartCap();
        if (cap == null || incidents.isOpen(VOLUME) || !unitPrice.isKnown()) {
            return;
        }
        windows.sum(SpendWindows.DAY, sums);
        double spent = sums[SpendWindows.COST_IN_TOKENS] * unitPrice.value();
        if (spent > cap.doubleValue()) {
            setFloors();
            long since = Math.max(firstSeconds, now - WeekClock.SECONDS_PER_DAY);
            incidents.raise(
                    VOLUME,
                    new Alarm(
                            Signal.REQUESTS,
                            IncidentKind.COLD_START_CAP,
                            SpendWindows.DAY,
                            1,
                            since,
                            spent,
                            cap.doubleValue()),
                    now,
                    events);
        }
    }

    private void learn(SpendBucket bucket, boolean expected) {
        double age = bucket.startSeconds() - firstSeconds;
        calibrate(requestCalibration, VOLUME, age);
        calibrate(tokenCalibration, TOKENS, age);
        calibrate(priceCalibration, PRICE, age);
        calibrate(errorCalibration, VOLUME, age);
        calibrate(retryCalibration, VOLUME, age);
        calibrate(cacheCalibration, PRICE, age);
        double requests = bucket.requests();
        if (requests > 0 && bucket.tokens() > 0 && bucket.cost() > 0) {
            if (!incidents.isOpen(TOKENS)) {
                tokensPerRequest.learnScatter(bucket.tokens() / requests, requests, bucketSeconds);
            }
            if (!incidents.isOpen(PRICE)) {
                unitPrice.learnScatter(bucket.cost() / bucket.tokens(), requests, bucketSeconds);
                learnCacheShare(bucket);
            }
        }
        if (incidents.isOpen(VOLUME)) {
            return;
        }
        if (expected) {
            profile.learnSlot(
                    bucket.startSeconds(), bucketSeconds, requests, requestCalibration.variance(SpendWindows.BUCKET));
        }
        errorRate.learn(requests, bucket.errors(), bucketSeconds);
        retryRate.learn(requests, Double.isFinite(bucket.retries()) ? bucket.retries() : 0, bucketSeconds);
    }

    private void calibrate(Calibration calibration, SignalFamily family, double ageSeconds) {
        calibration.decay(bucketSeconds);
        if (ageSeconds > WeekClock.SECONDS_PER_DAY) {
            calibration.observeRecords();
        }
        if (!incidents.isOpen(family)) {
            calibration.learnNoise(bucketSeconds, ageSeconds);
        }
    }

    private void learnCacheShare(SpendBucket bucket) {
        if (Double.isFinite(bucket.cachedTokens())) {
            double share = bucket.cachedTokens() / bucket.tokens();
            double gain = bucketSeconds / (2.0 * WeekClock.SECONDS_PER_DAY);
            cacheShare = Double.isNaN(cacheShare) ? share : cacheShare + gain * (share - cacheShare);
        }
    }

    /** Learns from the hours that have ended before {@code start}, and from the days. */
    private void closeHours(long start, List<SpendEvent> events, boolean mayAlarm) {
        long current = Math.floorDiv(lastSeconds, WeekClock.SECONDS_PER_HOUR);
        long next = Math.floorDiv(start, WeekClock.SECONDS_PER_HOUR);
        if (next == current) {
            return;
        }
        learnHour(current);
        bucketsOfHour = 0;
        // A day of which some hours never came is completed with the usual; after a longer gap a new day begins.
        if (next - current > 48) {
            today.clear();
            return;
        }
        for (long hour = current; hour < next; hour++) {
            if (hour > current) {
                today.addMissingHour(profile.hourly(hour));
            }
            if (Math.floorMod(hour + 1, 24L) == 0) {
                closeDay(Math.floorDiv(hour, 24L), start, events, mayAlarm);
            } else if (Math.floorMod(hour + 1, 6L) == 0 && hour == next - 1 && mayAlarm) {
                lookForDriftInPartOfDay(hour, start, events);
            }
        }
    }

    private void learnHour(long hour) {
        windows.currentHour(sums);
        double seen = Math.min(1, (double) bucketsOfHour * bucketSeconds / WeekClock.SECONDS_PER_HOUR);
        double requests = sums[SpendWindows.REQUESTS];
        double expected = sums[SpendWindows.EXPECTED_REQUESTS];
        double variance = requestCalibration.variance(SpendWindows.HOUR);
        addToDay(hour, requests, seen, variance);
        if (!profile.knows(hour)) {
            if (seen >= 0.5) {
                profile.firstVisit(hour, requests / seen);
            }
        } else if (!incidents.isOpen(VOLUME) && expected > 0) {
            profile.learnHour(
                    hour,
                    sums[SpendWindows.JUDGED_REQUESTS],
                    expected,
                    sums[SpendWindows.EXPECTED_UNCERTAINTY] / expected,
                    variance);
        }
        double tokens = sums[SpendWindows.TOKENS];
        if (requests > 0 && tokens > 0) {
            learnRatio(TOKENS, tokensPerRequest, tokenCalibration, requests, tokens, SpendWindows.EXPECTED_TOKENS);
            learnRatio(PRICE, unitPrice, priceCalibration, requests, tokens, SpendWindows.COST_IN_TOKENS);
        }
    }

    private void learnRatio(
            SignalFamily family,
            RatioBaseline baseline,
            Calibration calibration,
            double requests,
            double tokens,
            int field) {
        if (incidents.isOpen(family) || sums[field] <= 0) {
            return;
        }
        // Tokens are compared with expected tokens; cost, counted in tokens, with tokens.
        double direction = family == TOKENS ? 1 : -1;
        double step = baseline.learnHour(
                direction * Math.log(tokens / sums[field]), requests, calibration.variance(SpendWindows.HOUR));
        if (baseline.hasJumped()) {
            forgive(family);
            history.restateCostPerRequest(step);
            today.restateCost(step);
        } else {
            windows.rescale(field, Math.exp(direction * step));
        }
    }

    private void addToDay(long hour, double requests, double seen, double variance) {
        today.addHour(requests, profile.hourly(hour), seen, variance, incidents.isOpen(VOLUME));
        double tokens = sums[SpendWindows.TOKENS];
        if (requests > 0 && tokens > 0 && unitPrice.isKnown()) {
            double usualTokens = incidents.isOpen(TOKENS) ? sums[SpendWindows.EXPECTED_TOKENS] : tokens;
            double priceRatio = incidents.isOpen(PRICE) ? 1 : sums[SpendWindows.COST_IN_TOKENS] / tokens;
            today.addCost(requests, usualTokens * priceRatio * unitPrice.value());
        }
    }

    private void closeDay(long day, long now, List<SpendEvent> events, boolean mayAlarm) {
        requestCalibration.closeDay();
        errorCalibration.closeDay();
        retryCalibration.closeDay();
        cacheCalibration.closeDay();
        tokenCalibration.closeDay();
        priceCalibration.closeDay();
        if (today.isComplete()) {
            history.add(day, today.requests(), today.costPerRequest());
            if (mayAlarm) {
                DriftTest.Drift requests = history.requestDrift();
                DriftTest.Drift cost = history.costDrift(tokensPerRequest.scatter() + unitPrice.scatter());
                DriftTest.Drift drift = cost.z() > requests.z() ? cost : requests;
                if (incidents.isOpen(DRIFT) && drift.z() < options.driftThreshold() / 2) {
                    incidents.close(DRIFT, now, events);
                }
                raiseDrift(drift, now, events);
            }
        }
        today.clear();
    }

    private void lookForDriftInPartOfDay(long hour, long now, List<SpendEvent> events) {
        double estimate = today.estimatedRequests(profile.daily(Math.floorDiv(hour, 24L)));
        int hours = (int) Math.floorMod(hour, 24L) + 1;
        if (!Double.isNaN(estimate)) {
            raiseDrift(history.requestDrift(estimate, hours), now, events);
        }
    }

    private void raiseDrift(DriftTest.Drift drift, long now, List<SpendEvent> events) {
        if (drift.z() < options.driftThreshold() || drift.slopePerDay() < LEAST_DRIFT_PER_DAY) {
            return;
        }
        setFloors();
        double usual = incidents.meanDayCost * drift.days();
        double actual = 0;
        for (int d = 0; d < drift.days(); d++) {
            actual += incidents.meanDayCost * Math.exp(drift.slopePerDay() * (d + 0.5));
        }
        incidents.raise(
                DRIFT,
                new Alarm(
                        Signal.DAILY_DRIFT,
                        IncidentKind.SLOW_DRIFT,
                        SpendWindows.DAY,
                        drift.z() / options.driftThreshold(),
                        now - (long) drift.days() * WeekClock.SECONDS_PER_DAY,
                        actual,
                        usual),
                now,
                events);
    }

    /** The longest window that lies wholly within the last seconds. */
    private static int newestWindowSince(long seconds) {
        if (seconds >= 6L * WeekClock.SECONDS_PER_HOUR) {
            return SpendWindows.SIX_HOURS;
        }
        return seconds >= WeekClock.SECONDS_PER_HOUR ? SpendWindows.HOUR : SpendWindows.TEN_MINUTES;
    }

    /** What the window shows is normal from now on. */
    private void adopt(SignalFamily family, int window) {
        windows.sum(window, sums);
        double tokens = sums[SpendWindows.TOKENS];
        switch (family) {
            case VOLUME -> {
                double expected = sums[SpendWindows.EXPECTED_REQUESTS];
                if (expected > 0) {
                    double step = Math.log((sums[SpendWindows.JUDGED_REQUESTS] + 1) / (expected + 1));
                    profile.shiftLevel(step);
                    history.restateRequests(step);
                    today.restateRequests(step);
                }
            }
            case TOKENS -> {
                if (tokens > 0 && sums[SpendWindows.EXPECTED_TOKENS] > 0) {
                    double step = Math.log(tokens / sums[SpendWindows.EXPECTED_TOKENS]);
                    tokensPerRequest.shift(step);
                    history.restateCostPerRequest(step);
                    today.restateCost(step);
                }
            }
            case PRICE -> {
                if (tokens > 0 && sums[SpendWindows.COST_IN_TOKENS] > 0) {
                    double step = Math.log(sums[SpendWindows.COST_IN_TOKENS] / tokens);
                    unitPrice.shift(step);
                    history.restateCostPerRequest(step);
                    today.restateCost(step);
                }
                if (tokens > 0 && Double.isFinite(cacheShare)) {
                    cacheShare = sums[SpendWindows.CACHED_TOKENS] / tokens;
                }
            }
            case DRIFT -> {}
        }
    }

    private void forgive(SignalFamily family) {
        switch (family) {
            case VOLUME -> {
                windows.forgive(SpendWindows.EXPECTED_REQUESTS, SpendWindows.JUDGED_REQUESTS);
                windows.rescale(SpendWindows.ERRORS, 0);
                windows.rescale(SpendWindows.RETRIES, 0);
            }
            case TOKENS -> windows.forgive(SpendWindows.EXPECTED_TOKENS, SpendWindows.TOKENS);
            case PRICE -> {
                windows.forgive(SpendWindows.COST_IN_TOKENS, SpendWindows.TOKENS);
                if (Double.isFinite(cacheShare)) {
                    windows.forgiveShare(SpendWindows.CACHED_TOKENS, SpendWindows.TOKENS, cacheShare);
                }
            }
            case DRIFT -> {}
        }
    }

    private Calibration calibrationOf(SignalFamily family) {
        return switch (family) {
            case VOLUME, DRIFT -> requestCalibration;
            case TOKENS -> tokenCalibration;
            case PRICE -> priceCalibration;
        };
    }

    private final class Baselines implements IncidentBook.Baselines {
        @Override
        public double heat(SignalFamily family, int window) {
            // What a short window showed is over when short windows are calm, the rest when the hour is.
            int longest = Math.max(SpendWindows.TEN_MINUTES, Math.min(window, SpendWindows.HOUR));
            return switch (family) {
                case VOLUME ->
                    Math.max(
                            requestCalibration.hottest(longest) / requestsThreshold(),
                            Math.max(errorCalibration.hottest(longest), retryCalibration.hottest(longest))
                                    / errorsThreshold());
                case TOKENS -> tokenCalibration.hottest(longest) / tokensThreshold();
                case PRICE ->
                    Math.max(
                            priceCalibration.hottest(longest) / priceThreshold(),
                            cacheCalibration.hottest(longest) / cacheThreshold());
                case DRIFT -> 0;
            };
        }

        @Override
        public void adopt(SignalFamily family) {
            SpendDetector.this.adopt(family, SpendWindows.SIX_HOURS);
        }

        @Override
        public void forgive(SignalFamily family) {
            SpendDetector.this.forgive(family);
        }

        @Override
        public double deviation(SignalFamily family) {
            return Math.sqrt(calibrationOf(family).variance(SpendWindows.HOUR));
        }
    }

    public byte[] toBytes() {
        StateOutput out = new StateOutput(STATE_TAG, STATE_VERSION);
        out.writeInt(bucketSeconds);
        out.writeLong(firstSeconds);
        out.writeLong(lastSeconds);
        out.writeInt(lateInARow);
        out.writeDouble(presence);
        errorRate.write(out);
        out.writeDouble(cacheShare);
        out.writeDouble(backlog);
        out.writeLong(gapEndedSeconds);
        out.writeInt(bucketsOfHour);
        windows.write(out);
        profile.write(out);
        tokensPerRequest.write(out);
        unitPrice.write(out);
        requestCalibration.write(out);
        errorCalibration.write(out);
        tokenCalibration.write(out);
        priceCalibration.write(out);
        today.write(out);
        history.write(out);
        incidents.write(out);
        retryRate.write(out);
        retryCalibration.write(out);
        cacheCalibration.write(out);
        return out.toBytes();
    }

    /** Goes on from saved state; the options may have changed, the length of a bucket may not. */
    public static SpendDetector fromBytes(byte[] bytes, SpendOptions options) {
        StateInput in = new StateInput(bytes, STATE_TAG, STATE_VERSION);
        SpendDetector detector = new SpendDetector(options);
        int bucketSeconds = in.readInt();
        if (bucketSeconds != detector.bucketSeconds) {
            throw new StateFormatException("state has buckets of " + bucketSeconds + " s, the options ask for "
                    + detector.bucketSeconds + " s");
        }
        detector.firstSeconds = in.readLong();
        detector.lastSeconds = in.readLong();
        detector.lateInARow = in.readInt();
        detector.presence = in.readDouble();
        detector.errorRate.read(in);
        detector.cacheShare = in.readDouble();
        detector.backlog = in.readDouble();
        detector.gapEndedSeconds = in.readLong();
        detector.bucketsOfHour = in.readInt();
        detector.windows.read(in);
        detector.profile.read(in);
        detector.tokensPerRequest.read(in);
        detector.unitPrice.read(in);
        detector.requestCalibration.read(in);
        detector.errorCalibration.read(in);
        detector.tokenCalibration.read(in);
        detector.priceCalibration.read(in);
        detector.today.read(in);
        detector.history.read(in);
        detector.incidents.read(in);
        if (in.version() >= 2) {
            detector.retryRate.read(in);
            detector.retryCalibration.read(in);
            detector.cacheCalibration.read(in);
        }
        in.end();
        return detector;
    }
}
