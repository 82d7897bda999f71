package io.costops.sinks.notify.message;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.CostFactor;
import io.costops.schemas.avro.RootCauseShare;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What every kind of message says of an alert, in the same words. Texts are cleaned, not yet escaped. */
final class Story {
    static final int MOST_NAME = 200;
    private static final int MOST_LISTED = 10;
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** An incident's id as the watch makes them. */
    private static final Pattern OWN_ID = Pattern.compile("[0-9a-f]{32}");

    private static final int ENOUGH_DIGITS = 12;

    private final Alert alert;

    Story(Alert alert) {
        this.alert = alert;
    }

    /** Something that is known, and its name. */
    record Fact(String label, String value) {}

    String title() {
        return PlainText.line(alert.getTitle(), 500);
    }

    String tenant() {
        return alert.getTenant() == null ? "all tenants together" : PlainText.line(alert.getTenant(), MOST_NAME);
    }

    /** Capitalised. */
    String severity() {
        return capitalised(alert.getSeverity().name());
    }

    /** What happened, as a heading says it. */
    String step() {
        return switch (alert.getAction()) {
            case OPENED -> severity();
            case ESCALATED -> "Escalated to " + severity().toLowerCase(Locale.ROOT);
            case RENOTIFIED -> "Still " + severity().toLowerCase(Locale.ROOT);
            case ACKNOWLEDGED -> "Acknowledged";
            case RESOLVED -> "Resolved";
            case REOPENED -> "Reopened, " + severity().toLowerCase(Locale.ROOT);
            case UNKNOWN -> "Update, " + severity().toLowerCase(Locale.ROOT);
        };
    }

    String emoji() {
        if (alert.getAction() == AlertAction.RESOLVED) {
            return "✅";
        }
        if (alert.getAction() == AlertAction.ACKNOWLEDGED) {
            return "👀";
        }
        return emoji(alert.getSeverity());
    }

    private static String emoji(AlertSeverity severity) {
        return switch (severity) {
            case CRITICAL -> "🔴";
            case ERROR -> "🟠";
            case WARNING -> "⚠️";
            case INFO -> "ℹ️";
            case UNKNOWN -> "❔";
        };
    }

    String heading() {
        return step() + ": " + title();
    }

    /** One line that says it all, for where only one line is shown. */
    String summary() {
        StringBuilder line = new StringBuilder(heading()).append(" · tenant ").append(tenant());
        if (isOfBudget()) {
            amounts()
                    .forEach(amount -> line.append(" · ")
                            .append(amount.label().toLowerCase(Locale.ROOT))
                            .append(' ')
                            .append(amount.value()));
            return line.toString();
        }
        if (alert.getActual() != null) {
            line.append(" · ").append(metricName()).append(' ').append(metric(alert.getActual()));
            String expected = expected();
            if (expected != null) {
                line.append(", expected ").append(expected);
            }
        }
        if (alert.getImpact() != null) {
            line.append(" · impact ").append(Figures.money(alert.getImpact(), currency()));
        }
        return line.toString();
    }

    /** In the order in which people ask for them; what isn't known is left out. */
    List<Fact> facts() {
        List<Fact> facts = new ArrayList<>();
        facts.add(new Fact("Tenant", tenant()));
        facts.add(new Fact("Severity", severity()));
        facts.add(new Fact("What", what()));
        facts.addAll(amounts());
        if (alert.getCause() != null && !isOfBudget()) {
            facts.add(new Fact("Likely cause", words(alert.getCause())));
        }
        if (alert.getBudgetId() != null) {
            String threshold =
                    alert.getThresholdPercent() == null ? "" : ", over " + Figures.percent(alert.getThresholdPercent());
            facts.add(new Fact("Budget", PlainText.line(alert.getBudgetId(), MOST_NAME) + threshold));
        }
        facts.add(new Fact(
                isOfBudget() ? "Period since" : "Since",
                alert.getResolvedAt() == null
                        ? time(alert.getStartedAt())
                        : time(alert.getStartedAt()) + " until " + time(alert.getResolvedAt())));
        return facts;
    }

    /** What is told of a budget has a limit, and nothing that is expected. */
    private boolean isOfBudget() {
        return switch (alert.getCategory()) {
            case BUDGET, FORECAST -> true;
            case ANOMALY, UNPRICED_USAGE, DATA_MISSING, UNKNOWN -> false;
        };
    }

    private List<Fact> amounts() {
        List<Fact> amounts = new ArrayList<>();
        boolean ahead = alert.getCategory() == AlertCategory.FORECAST;
        if (alert.getActual() != null) {
            String interval = isOfBudget() ? interval() : "";
            amounts.add(new Fact(
                    ahead ? "Forecast" : isOfBudget() ? "Spent" : "Actual",
                    metric(alert.getActual()) + (interval.isEmpty() ? "" : " (" + interval + ")")));
        }
        String expected = isOfBudget() && alert.getExpected() != null ? metric(alert.getExpected()) : expected();
        if (expected != null) {
            amounts.add(new Fact(isOfBudget() ? "Limit" : "Expected", expected));
        }
        // Nothing is over the limit of a budget of which 70 % are spent.
        if (alert.getImpact() != null && !(isOfBudget() && alert.getImpact().signum() == 0)) {
            amounts.add(
                    new Fact(isOfBudget() ? "Over the limit" : "Impact", Figures.money(alert.getImpact(), currency())));
        }
        return amounts;
    }

    private String interval() {
        return alert.getExpectedLow() == null || alert.getExpectedHigh() == null
                ? ""
                : metric(alert.getExpectedLow()) + " to " + metric(alert.getExpectedHigh());
    }

    /** The metric and the series that it was judged on. */
    private String what() {
        String scope = alert.getScope().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .limit(MOST_LISTED)
                .map(entry ->
                        PlainText.line(entry.getKey(), MOST_NAME) + " " + PlainText.line(entry.getValue(), MOST_NAME))
                .collect(Collectors.joining(", "));
        return scope.isEmpty() ? metricName() : metricName() + " of " + scope;
    }

    private @Nullable String expected() {
        if (alert.getExpected() == null && alert.getExpectedLow() == null && alert.getExpectedHigh() == null) {
            return null;
        }
        String interval = interval();
        if (alert.getExpected() == null) {
            return interval.isEmpty() ? null : interval;
        }
        return metric(alert.getExpected()) + (interval.isEmpty() ? "" : " (" + interval + ")");
    }

    String explanation() {
        return PlainText.lines(alert.getExplanation(), 4_000);
    }

    List<String> rootCauses() {
        return alert.getRootCauses().stream()
                .limit(MOST_LISTED)
                .map(this::rootCause)
                .toList();
    }

    private String rootCause(RootCauseShare share) {
        return PlainText.line(share.getDimension(), MOST_NAME) + " " + PlainText.line(share.getValue(), MOST_NAME)
                + " explains " + Figures.percent(share.getSharePercent())
                + (share.getImpact() == null ? "" : " (" + Figures.money(share.getImpact(), currency()) + ")");
    }

    /** The largest first; without what is only the rounding of estimates. */
    List<String> costFactors() {
        BigDecimal least = alert.getCostFactors().stream()
                .map(factor -> factor.getImpact().abs())
                .max(Comparator.naturalOrder())
                .orElse(BigDecimal.ZERO)
                .movePointLeft(3);
        return alert.getCostFactors().stream()
                .filter(factor -> factor.getImpact().signum() != 0
                        && factor.getImpact().abs().compareTo(least) >= 0)
                .sorted(Comparator.comparing(
                                (CostFactor factor) -> factor.getImpact().abs())
                        .reversed())
                .limit(MOST_LISTED)
                .map(factor -> words(factor.getFactor()) + " "
                        + (factor.getImpact().signum() > 0 ? "+" : "")
                        + Figures.money(factor.getImpact(), currency()))
                .toList();
    }

    /** Three lines of one width: actual, expected, and their scale. */
    @Nullable
    String chart() {
        return Sparkline.of(alert.getRecent())
                .map(line -> "actual   " + line.actual() + "\nexpected " + line.expected() + "\n"
                        + metric(line.low()) + " to " + metric(line.high()) + ", " + time(line.from()) + " to "
                        + time(line.to()))
                .orElse(null);
    }

    @Nullable
    String query() {
        return alert.getQuery() == null || alert.getQuery().isBlank()
                ? null
                : PlainText.lines(alert.getQuery(), 20_000);
    }

    /** Where it comes from, for whoever looks it up. */
    String provenance() {
        return "incident " + PlainText.line(alert.getIncidentId(), MOST_NAME) + ", step " + alert.getSequence()
                + (alert.getDetector().isEmpty() ? "" : ", found by " + PlainText.line(alert.getDetector(), MOST_NAME));
    }

    /** What one can do about an incident that lasts, as commands; empty where there is none of ours. */
    List<Fact> commands() {
        boolean lasts = alert.getAction() != AlertAction.RESOLVED && alert.getAction() != AlertAction.ACKNOWLEDGED;
        if (!lasts || !OWN_ID.matcher(alert.getIncidentId()).matches()) {
            return List.of();
        }
        String id = alert.getIncidentId().substring(0, ENOUGH_DIGITS);
        return List.of(
                new Fact("Take it on", "costops alerts ack " + id),
                new Fact("It was planned", "costops alerts feedback " + id + " planned"),
                new Fact("Silence it", "costops alerts silence --incident " + id + " --for PT4H"));
    }

    private String metricName() {
        return words(alert.getMetric());
    }

    private String metric(BigDecimal value) {
        return Figures.metric(alert.getMetric(), value, currency());
    }

    private String currency() {
        return PlainText.line(alert.getCurrency(), 10);
    }

    private static String words(String name) {
        return PlainText.line(name.replace('_', ' '), MOST_NAME);
    }

    private static String capitalised(String word) {
        return word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT);
    }

    static String time(Instant time) {
        return MINUTE.format(time);
    }
}
