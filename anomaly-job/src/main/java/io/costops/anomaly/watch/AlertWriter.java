package io.costops.anomaly.watch;

import io.costops.anomaly.alert.IncidentId;
import io.costops.anomaly.alert.LedgerQuery;
import io.costops.anomaly.detection.CostSplit;
import io.costops.anomaly.detection.IncidentKind;
import io.costops.anomaly.detection.RootCause;
import io.costops.anomaly.detection.SpendIncident;
import io.costops.anomaly.watch.Series.Quantity;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertPoint;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.CostFactor;
import io.costops.schemas.avro.RootCauseShare;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Puts a step of an incident into figures and words. */
final class AlertWriter {
    private static final String SPEND_DETECTOR = "spend/1";
    private static final String SILENCE_DETECTOR = "silence/1";
    private static final String NOT_NAMED = "(not named)";
    /** Estimates leave as decimals of a millionth of the currency. */
    private static final int ESTIMATE_SCALE = 6;
    /** Over so many series the cause of one incident isn't searched for: the search would hold up the stream. */
    static final int MOST_SLICES = 20_000;

    private static final double SOLE_CAUSE = 0.67;
    private static final Set<IncidentKind> MAY_BE_A_NEW_MODEL = EnumSet.of(
            IncidentKind.MODEL_SWITCH,
            IncidentKind.PRICE_HIKE,
            IncidentKind.TOKEN_SPIKE,
            IncidentKind.TRAFFIC_SURGE,
            IncidentKind.LEAKED_KEY);

    private final Coverage coverage;
    private final String tenant;
    private final String currency;
    private final long windowMillis;

    AlertWriter(Coverage coverage, String tenant, String currency, WatchOptions options) {
        this.coverage = coverage;
        this.tenant = tenant;
        this.currency = currency;
        this.windowMillis = options.windowMillis();
    }

    Alert anomaly(
            AlertAction action,
            OpenIncident incident,
            long windowStartMillis,
            Map<SeriesId, Series> slices,
            Series led) {
        OpenIncident.Member leader = incident.leader();
        SpendIncident newest = leader.newest;
        long end = windowStartMillis + windowMillis;
        long startedMillis = incident.startedSeconds() * 1_000;
        long from = Math.max(startedMillis, end - Series.POINTS * windowMillis);
        List<RootCause.Explanation> causes = slices.size() > MOST_SLICES ? List.of() : causes(slices, from, end);
        Map<String, String> scope = scope(leader.series, causes);
        IncidentKind kind = kind(incident, scope, slices, startedMillis);

        Alert alert = alert(action, incident.id, windowStartMillis);
        alert.setCategory(AlertCategory.ANOMALY);
        alert.setSeverity(incident.critical ? AlertSeverity.CRITICAL : AlertSeverity.WARNING);
        alert.setCause(kind.label());
        alert.setSuppressed(suppressed(incident, scope));
        alert.setStartedAt(Instant.ofEpochMilli(startedMillis));
        alert.setResolvedAt(action == AlertAction.RESOLVED ? Instant.ofEpochMilli(end) : null);
        alert.setScope(scope);
        alert.setImpact(decimal(newest.impact()));
        figures(alert, kind, newest, led, from, end);
        alert.setRootCauses(shares(causes));
        alert.setCostFactors(factors(slices, from, end));
        alert.setQuery(LedgerQuery.usage(
                coverage == Coverage.ALL_TENANTS ? scope.get(SeriesId.Dimension.MEMBER.column()) : tenant,
                scope,
                Instant.ofEpochMilli(startedMillis),
                Instant.ofEpochMilli(end)));
        alert.setDetector(SPEND_DETECTOR);
        alert.setTitle(title(action, kind, newest, scope));
        alert.setExplanation(explanation(action, kind, newest, alert, led, from, end));
        return alert;
    }

    /** What a detector takes for a dearer model or more traffic may be a model that nobody asked before. */
    private static IncidentKind kind(
            OpenIncident incident, Map<String, String> scope, Map<SeriesId, Series> slices, long startedMillis) {
        IncidentKind kind = incident.kind();
        String model = scope.get(SeriesId.Dimension.MODEL.column());
        if (!MAY_BE_A_NEW_MODEL.contains(kind) || model == null) {
            return kind;
        }
        Series series = slices.get(new SeriesId(SeriesId.Dimension.MODEL, model));
        Series total = slices.get(SeriesId.TOTAL);
        boolean isNew = series != null
                && total != null
                && total.knowsUsualAt(startedMillis)
                && !series.knowsUsualAt(startedMillis);
        return isNew ? IncidentKind.NEW_MODEL : kind;
    }

    /** What comes from one tenant is an incident of that tenant, and told as such. */
    private @Nullable String suppressed(OpenIncident incident, Map<String, String> scope) {
        if (coverage == Coverage.ALL_TENANTS && scope.containsKey(SeriesId.Dimension.MEMBER.column())) {
            return "shown_by_tenant";
        }
        return incident.told ? null : "below_minimum_impact";
    }

    Alert dataMissing(
            AlertAction action, long sinceMillis, long windowStartMillis, double missedRequests, Series total) {
        Instant since = Instant.ofEpochMilli(sinceMillis);
        Alert alert = alert(
                action,
                IncidentId.of(
                        coverage == Coverage.TENANT ? "data_missing" : "data_missing_of_all",
                        tenant,
                        currency,
                        Long.toString(sinceMillis)),
                windowStartMillis);
        alert.setCategory(AlertCategory.DATA_MISSING);
        alert.setSeverity(AlertSeverity.WARNING);
        alert.setCause("data_missing");
        alert.setStartedAt(since);
        alert.setResolvedAt(action == AlertAction.RESOLVED ? alert.getWindowEnd() : null);
        alert.setScope(Map.of());
        alert.setMetric("requests");
        alert.setActual(decimal(BigDecimal.ZERO));
        alert.setExpected(Double.isFinite(missedRequests) ? estimate(missedRequests) : null);
        alert.setRecent(
                points(total, Quantity.REQUESTS, null, alert.getWindowEnd().toEpochMilli()));
        alert.setQuery(LedgerQuery.usage(
                coverage == Coverage.ALL_TENANTS ? null : tenant,
                Map.of(),
                since.minus(Duration.ofHours(1)),
                alert.getWindowEnd()));
        alert.setDetector(SILENCE_DETECTOR);
        String who = who();
        alert.setTitle(
                action == AlertAction.RESOLVED
                        ? "Usage of " + who + " comes again, or is no longer waited for"
                        : "No usage of " + who + " since " + since);
        alert.setExplanation(
                "Nothing came of " + who + " since " + since + " although there is always usage at this time. What was"
                        + " spent meanwhile isn't known. Look at the gateways and what publishes from them. What comes"
                        + " late is booked where it belongs and alarms nobody.");
        return alert;
    }

    private String who() {
        if (coverage == Coverage.ALL_TENANTS) {
            return "all tenants together";
        }
        return tenant.isEmpty() ? "the tenant without a name" : tenant;
    }

    private Alert alert(AlertAction action, String id, long windowStartMillis) {
        Alert alert = new Alert();
        alert.setIncidentId(id);
        alert.setAction(action);
        alert.setWindowStart(Instant.ofEpochMilli(windowStartMillis));
        alert.setWindowEnd(Instant.ofEpochMilli(windowStartMillis + windowMillis));
        alert.setRecordedAt(alert.getWindowEnd());
        alert.setTenant(tenant.isEmpty() ? null : tenant);
        alert.setCurrency(currency);
        alert.setRootCauses(new ArrayList<>());
        alert.setCostFactors(new ArrayList<>());
        alert.setRecent(new ArrayList<>());
        return alert;
    }

    /** What was judged. Where it is money: since the begin; where it is a rate: over the last hour of it. */
    private void figures(Alert alert, IncidentKind kind, SpendIncident newest, Series led, long from, long end) {
        switch (kind) {
            case ERROR_BURST -> rate(alert, "error_rate", led, Quantity.FAILED, Quantity.REQUESTS, from, end);
            case CACHE_COLLAPSE -> rate(alert, "cache_ratio", led, Quantity.CACHED_TOKENS, Quantity.TOKENS, from, end);
            case TOKEN_SPIKE,
                    RETRY_LOOP,
                    MODEL_SWITCH,
                    PRICE_HIKE,
                    LEAKED_KEY,
                    TRAFFIC_SURGE,
                    SLOW_DRIFT,
                    COLD_START_CAP,
                    NEW_MODEL -> {
                alert.setMetric("cost");
                alert.setActual(decimal(newest.actual()));
                alert.setExpected(decimal(newest.expected()));
                alert.setExpectedLow(decimal(newest.expectedLow()));
                alert.setExpectedHigh(decimal(newest.expectedHigh()));
                alert.setRecent(points(led, Quantity.COST, null, end));
            }
        }
    }

    private void rate(Alert alert, String metric, Series led, Quantity part, Quantity whole, long from, long end) {
        alert.setMetric(metric);
        double actual = sum(led, whole, from, end) > 0 ? sum(led, part, from, end) / sum(led, whole, from, end) : 0;
        double usual =
                usual(led, whole, from, end) > 0 ? usual(led, part, from, end) / usual(led, whole, from, end) : 0;
        alert.setActual(estimate(actual));
        alert.setExpected(estimate(usual));
        alert.setRecent(points(led, part, whole, end));
    }

    private List<AlertPoint> points(Series series, Quantity part, @Nullable Quantity whole, long end) {
        List<AlertPoint> points = new ArrayList<>(Series.POINTS);
        for (long start = end - Series.POINTS * windowMillis; start < end; start += windowMillis) {
            Double actual = finite(series.actual(part, start));
            Double usual = finite(series.usual(part, start));
            if (whole != null) {
                double all = series.actual(whole, start);
                double usualAll = series.usual(whole, start);
                actual = actual == null || !(all > 0) ? null : Double.valueOf(actual / all);
                usual = usual == null || !(usualAll > 0) ? null : Double.valueOf(usual / usualAll);
            }
            points.add(new AlertPoint(Instant.ofEpochMilli(start), actual, usual));
        }
        return points;
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? Double.valueOf(value) : null;
    }

    private List<RootCause.Explanation> causes(Map<SeriesId, Series> slices, long from, long end) {
        List<RootCause.Slice> all = new ArrayList<>();
        Series total = slices.get(SeriesId.TOTAL);
        slices.forEach((id, series) -> {
            if (id.dimension() != SeriesId.Dimension.TENANT) {
                all.add(new RootCause.Slice(
                        id.dimension().column(),
                        id.value().isEmpty() ? NOT_NAMED : id.value(),
                        amount(sum(series, Quantity.COST, from, end)),
                        amount(usualOfPart(series, total, Quantity.COST, from, end))));
            }
        });
        return RootCause.explain(all);
    }

    private static List<RootCauseShare> shares(List<RootCause.Explanation> causes) {
        List<RootCauseShare> shares = new ArrayList<>();
        for (RootCause.Explanation cause : causes) {
            for (RootCause.Element element : cause.elements()) {
                if (Double.isFinite(element.share()) && Math.abs(element.share()) < 1e9) {
                    shares.add(new RootCauseShare(
                            cause.dimension(),
                            element.value(),
                            estimate(100 * element.share()),
                            decimal(element.impact())));
                }
            }
        }
        return shares;
    }

    /** Where to look: the series that tells most, and each dimension of which one value alone explains it. */
    private static Map<String, String> scope(SeriesId series, List<RootCause.Explanation> causes) {
        Map<String, String> scope = new TreeMap<>();
        for (RootCause.Explanation cause : causes) {
            if (cause.elements().size() == 1
                    && cause.elements().get(0).share() >= SOLE_CAUSE
                    && !cause.elements().get(0).value().equals(NOT_NAMED)) {
                scope.put(cause.dimension(), cause.elements().get(0).value());
            }
        }
        scope.putAll(series.scope());
        return scope;
    }

    /** The change of the tenant's cost against the usual, model by model, since the incident began or the last hour of it. */
    private List<CostFactor> factors(Map<SeriesId, Series> slices, long from, long end) {
        Map<String, CostSplit.Usage> before = new HashMap<>();
        Map<String, CostSplit.Usage> after = new HashMap<>();
        Series total = slices.get(SeriesId.TOTAL);
        slices.forEach((id, series) -> {
            if (id.dimension() == SeriesId.Dimension.MODEL) {
                before.put(
                        id.value(),
                        usage(
                                usualOfPart(series, total, Quantity.REQUESTS, from, end),
                                usualOfPart(series, total, Quantity.TOKENS, from, end),
                                usualOfPart(series, total, Quantity.COST_WITHOUT_CACHE, from, end),
                                usualOfPart(series, total, Quantity.COST, from, end)));
                after.put(
                        id.value(),
                        usage(
                                sum(series, Quantity.REQUESTS, from, end),
                                sum(series, Quantity.TOKENS, from, end),
                                sum(series, Quantity.COST_WITHOUT_CACHE, from, end),
                                sum(series, Quantity.COST, from, end)));
            }
        });
        CostSplit split = CostSplit.between(before, after);
        return List.of(
                new CostFactor("requests", decimal(split.requests())),
                new CostFactor("model_mix", decimal(split.mix())),
                new CostFactor("tokens_per_request", decimal(split.tokensPerRequest())),
                new CostFactor("price_per_token", decimal(split.unitPrice())),
                new CostFactor("cache", decimal(split.cache())));
    }

    private static CostSplit.Usage usage(double requests, double tokens, double withoutCache, double cost) {
        return new CostSplit.Usage(amount(requests), amount(tokens), amount(withoutCache), amount(cost));
    }

    private double sum(Series series, Quantity quantity, long from, long end) {
        double sum = 0;
        for (long start = end - windowMillis; start >= from; start -= windowMillis) {
            double value = series.actual(quantity, start);
            sum += Double.isFinite(value) ? value : 0;
        }
        return sum;
    }

    private double usual(Series series, Quantity quantity, long from, long end) {
        double sum = 0;
        for (long start = end - windowMillis; start >= from; start -= windowMillis) {
            sum += series.usual(quantity, start);
        }
        return sum;
    }

    /** What nobody used before is usually nothing, though its few windows are all that it knows of itself. */
    private double usualOfPart(Series part, @Nullable Series total, Quantity quantity, long from, long end) {
        double sum = 0;
        for (long start = end - windowMillis; start >= from; start -= windowMillis) {
            boolean isNew = total != null && total.knowsUsualAt(start) && !part.knowsUsualAt(start);
            sum += isNew ? 0 : part.usual(quantity, start);
        }
        return sum;
    }

    private String title(AlertAction action, IncidentKind kind, SpendIncident newest, Map<String, String> scope) {
        String where = scope.isEmpty()
                ? ""
                : " in "
                        + String.join(
                                ", ",
                                scope.entrySet().stream()
                                        .map(each -> each.getKey() + " " + each.getValue())
                                        .toList());
        boolean together = coverage == Coverage.ALL_TENANTS && !scope.containsKey(SeriesId.Dimension.MEMBER.column());
        return words(kind) + where + (together ? " over all tenants" : "") + ": " + money(newest.impact())
                + (action == AlertAction.RESOLVED ? " beyond what is usual, over" : " beyond what is usual");
    }

    private String explanation(
            AlertAction action, IncidentKind kind, SpendIncident newest, Alert alert, Series led, long from, long end) {
        StringBuilder text = new StringBuilder();
        text.append("Since ").append(alert.getStartedAt()).append(" it cost ").append(money(newest.actual()));
        text.append(", where ").append(money(newest.expected())).append(" is usual (between ");
        text.append(money(newest.expectedLow()))
                .append(" and ")
                .append(money(newest.expectedHigh()))
                .append("). ");
        double requests = sum(led, Quantity.REQUESTS, from, end);
        double usualRequests = usual(led, Quantity.REQUESTS, from, end);
        text.append(String.format(
                Locale.ROOT,
                "In the last %d minutes of it %,.0f requests (usual: %,.0f); %,.0f failed, %,.0f were further attempts. ",
                Math.max(1, (end - from) / 60_000),
                requests,
                usualRequests,
                sum(led, Quantity.FAILED, from, end),
                sum(led, Quantity.RETRIED, from, end)));
        if (from > alert.getStartedAt().toEpochMilli()) {
            text.append("Shares and factors are of these minutes. ");
        }
        if (!alert.getRootCauses().isEmpty()) {
            RootCauseShare first = alert.getRootCauses().get(0);
            text.append("Most of it comes from ")
                    .append(first.getDimension())
                    .append(' ')
                    .append(first.getValue())
                    .append(" (")
                    .append(first.getSharePercent()
                            .setScale(0, RoundingMode.HALF_EVEN)
                            .toPlainString())
                    .append(" %). ");
        }
        text.append(action == AlertAction.RESOLVED ? "It is back to normal." : advice(kind));
        return text.toString();
    }

    private static String words(IncidentKind kind) {
        return switch (kind) {
            case TOKEN_SPIKE -> "More tokens a request";
            case RETRY_LOOP -> "Retry loop";
            case ERROR_BURST -> "More failures";
            case MODEL_SWITCH -> "Dearer model";
            case PRICE_HIKE -> "Higher price a token";
            case CACHE_COLLAPSE -> "Prompt cache missed";
            case LEAKED_KEY -> "Unusual use, perhaps a leaked key";
            case TRAFFIC_SURGE -> "More requests";
            case SLOW_DRIFT -> "Spend rises day by day";
            case COLD_START_CAP -> "New and already above its cap";
            case NEW_MODEL -> "New model";
        };
    }

    private static String advice(IncidentKind kind) {
        return switch (kind) {
            case TOKEN_SPIKE -> "Look at what the prompts carry since then.";
            case RETRY_LOOP -> "Stop or slow the caller; bound its attempts.";
            case ERROR_BURST -> "Look at the provider's status and the caller's errors.";
            case MODEL_SWITCH -> "Look at which model is asked for since then, and who changed it.";
            case PRICE_HIKE -> "Look at the price revision and at the service tier.";
            case CACHE_COLLAPSE -> "Look at what changed at the begin of the prompts.";
            case LEAKED_KEY -> "Ask the key's owner; if nobody knows, revoke the key.";
            case TRAFFIC_SURGE -> "Ask the owner whether it is expected.";
            case SLOW_DRIFT -> "Compare this week with the last by project and model.";
            case COLD_START_CAP -> "Ask the owner whether it is expected.";
            case NEW_MODEL -> "Ask who began to use it, and compare its price with that of the model it replaces.";
        };
    }

    private String money(BigDecimal amount) {
        return amount.setScale(2, RoundingMode.HALF_EVEN).toPlainString() + " " + currency;
    }

    private static BigDecimal amount(double value) {
        return BigDecimal.valueOf(Math.max(0, value)).setScale(ESTIMATE_SCALE, RoundingMode.HALF_EVEN);
    }

    private static BigDecimal estimate(double value) {
        return decimal(BigDecimal.valueOf(value).setScale(ESTIMATE_SCALE, RoundingMode.HALF_EVEN));
    }

    private static BigDecimal decimal(BigDecimal value) {
        return LedgerDecimal.fit(value, "an alert's figure");
    }
}
