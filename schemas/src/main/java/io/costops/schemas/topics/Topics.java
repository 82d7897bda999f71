package io.costops.schemas.topics;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertDelivery;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.topics.Topic.Retention;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/** The topic catalogue: the joints of the platform. */
public final class Topics {
    /** Largest envelope that is taken: 1 MiB. */
    public static final int MAX_ENVELOPE_BYTES = 1024 * 1024;

    private static final int MIB = 1024 * 1024;
    private static final Retention DAYS_30 = new Retention.For(Duration.ofDays(30));
    private static final Retention DAYS_90 = new Retention.For(Duration.ofDays(90));

    /** Head room over the envelope's bound: an over-large envelope reaches the topic and is rejected with its reason. */
    public static final Topic<SpecificRecord> USAGE_RAW =
            new Topic<>("usage.raw", "any", Optional.empty(), DAYS_30, 4 * MIB);

    public static final Topic<UsageEvent> USAGE_EVENTS =
            new Topic<>("usage.events", "event id", Optional.of(UsageEvent.class), DAYS_30, 4 * MIB);

    /** Larger than an event: a request carries what stands for the event beside it. */
    public static final Topic<UsageRequest> USAGE_REQUESTS =
            new Topic<>("usage.requests", "event id", Optional.of(UsageRequest.class), DAYS_30, 6 * MIB);

    /** Larger than the topics it takes from, so that a full-size reject can't stop a job. */
    public static final Topic<RejectedUsage> USAGE_REJECTED =
            new Topic<>("usage.rejected", "event id or none", Optional.of(RejectedUsage.class), DAYS_90, 8 * MIB);

    /** The log of record: ClickHouse is rebuilt from it alone. */
    public static final Topic<LedgerEntry> USAGE_PRICED =
            new Topic<>("usage.priced", "event id", Optional.of(LedgerEntry.class), new Retention.Forever(), 8 * MIB);

    public static final Topic<PriceRevision> PRICES = new Topic<>(
            "prices",
            "scope, price key, effective_from, recorded_at",
            Optional.of(PriceRevision.class),
            new Retention.Compacted(),
            MIB);

    public static final Topic<AttributionRule> ATTRIBUTION = new Topic<>(
            "attribution",
            "rule id, effective_from, recorded_at",
            Optional.of(AttributionRule.class),
            new Retention.Compacted(),
            MIB);

    public static final Topic<Period> PERIODS =
            new Topic<>("periods", "month", Optional.of(Period.class), new Retention.Compacted(), MIB);

    public static final Topic<Alert> COST_ALERTS =
            new Topic<>("cost.alerts", "incident id", Optional.of(Alert.class), DAYS_90, MIB);

    public static final Topic<AlertDelivery> ALERT_DELIVERIES =
            new Topic<>("alert.deliveries", "incident id", Optional.of(AlertDelivery.class), DAYS_90, MIB);

    /** By budget id alone: what counts is the limit that holds now. */
    public static final Topic<Budget> BUDGETS =
            new Topic<>("budgets", "budget id", Optional.of(Budget.class), new Retention.Compacted(), MIB);

    public static final Topic<BudgetState> BUDGET_STATE =
            new Topic<>("budget.state", "budget id", Optional.of(BudgetState.class), new Retention.Compacted(), MIB);

    public static final Topic<Forecast> COST_FORECASTS =
            new Topic<>("cost.forecasts", "series", Optional.of(Forecast.class), DAYS_90, MIB);

    public static final Topic<AlertControl> ALERT_CONTROLS = new Topic<>(
            "alert.controls", "control id", Optional.of(AlertControl.class), new Retention.Compacted(), MIB);

    private static final List<Topic<?>> ALL = List.of(
            USAGE_RAW,
            USAGE_EVENTS,
            USAGE_REQUESTS,
            USAGE_REJECTED,
            USAGE_PRICED,
            PRICES,
            ATTRIBUTION,
            PERIODS,
            COST_ALERTS,
            ALERT_DELIVERIES,
            BUDGETS,
            BUDGET_STATE,
            COST_FORECASTS,
            ALERT_CONTROLS);

    private Topics() {}

    public static List<Topic<?>> all() {
        return ALL;
    }
}
