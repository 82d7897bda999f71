package io.costops.anomaly.job;

import io.costops.anomaly.budget.PeriodSpend;
import io.costops.anomaly.watch.Cell;
import io.costops.anomaly.watch.Place;
import io.costops.anomaly.watch.Sums;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Forecast;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.formats.avro.typeutils.AvroTypeInfo;

/**
 * How the job's types are written to state and between tasks, told one by one: nothing is left to be guessed and so to
 * fall back to Kryo.
 */
final class StreamTypes {
    static final TypeInformation<Alert> ALERT = new AvroTypeInfo<>(Alert.class);

    static final TypeInformation<Budget> BUDGET = new AvroTypeInfo<>(Budget.class);
    static final TypeInformation<BudgetState> BUDGET_STATE = new AvroTypeInfo<>(BudgetState.class);
    static final TypeInformation<Forecast> FORECAST = new AvroTypeInfo<>(Forecast.class);
    static final TypeInformation<AlertControl> ALERT_CONTROL = new AvroTypeInfo<>(AlertControl.class);

    static final TypeInformation<Charge> CHARGE = Types.POJO(
            Charge.class,
            Map.of(
                    "budgetId", Types.STRING,
                    "counting", Types.STRING,
                    "definedMicros", Types.LONG,
                    "single", Types.BOOLEAN,
                    "periodStartMillis", Types.LONG,
                    "eventTimeMillis", Types.LONG,
                    "recordedAtMillis", Types.LONG,
                    "amount", Types.BIG_DEC,
                    "requests", Types.LONG));

    static final TypeInformation<PeriodSpend> PERIOD_SPEND = Types.POJO(
            PeriodSpend.class,
            Map.of(
                    "spent", Types.BIG_DEC,
                    "requests", Types.LONG,
                    "newestRecordedMillis", Types.LONG,
                    "crossedPercent", Types.BIG_DEC,
                    "crossedForecastPercent", Types.BIG_DEC,
                    "open", Types.BOOLEAN,
                    "forecastOpen", Types.BOOLEAN));

    static final TypeInformation<BudgetOutlook> BUDGET_OUTLOOK = Types.POJO(
            BudgetOutlook.class,
            Map.of(
                    "madeAtMillis", Types.LONG,
                    "settled", Types.BOOLEAN,
                    "total", Types.BIG_DEC,
                    "low", Types.BIG_DEC,
                    "high", Types.BIG_DEC,
                    "exhaustedMillis", Types.LONG,
                    "earliestMillis", Types.LONG,
                    "latestMillis", Types.LONG));

    static final TypeInformation<DeskEntry> DESK_ENTRY = Types.POJO(
            DeskEntry.class,
            Map.of(
                    "newest", ALERT,
                    "nextSequence", Types.INT,
                    "notifiedMillis", Types.LONG,
                    "acknowledged", Types.BOOLEAN,
                    "closedMillis", Types.LONG));

    static final TypeInformation<SpendSeries> SPEND_SERIES = Types.POJO(SpendSeries.class, SpendSeries.FIELDS);

    static final TypeInformation<SpendPoint> SPEND_POINT =
            Types.POJO(SpendPoint.class, Map.of("series", SPEND_SERIES, "hour", Types.LONG, "cost", Types.BIG_DEC));

    static final TypeInformation<Place> PLACE = Types.POJO(
            Place.class,
            Map.of(
                    "tenant", Types.STRING,
                    "currency", Types.STRING,
                    "project", Types.STRING,
                    "model", Types.STRING,
                    "apiKeyId", Types.STRING));

    static final TypeInformation<Sums> SUMS = Types.POJO(Sums.class, sums());

    static final TypeInformation<Cell> CELL = Types.POJO(
            Cell.class, Map.of("place", PLACE, "windowStartMillis", Types.LONG, "late", Types.BOOLEAN, "sums", SUMS));

    static final TypeInformation<Usage> USAGE = Types.POJO(
            Usage.class,
            Map.of(
                    "place", PLACE,
                    "timeMillis", Types.LONG,
                    "eventTimeMillis", Types.LONG,
                    "recordedAtMillis", Types.LONG,
                    "scope", Types.MAP(Types.STRING, Types.STRING),
                    "tags", Types.MAP(Types.STRING, Types.STRING),
                    "billedCost", Types.BIG_DEC,
                    "billed", Types.BOOLEAN,
                    "single", Types.BOOLEAN,
                    "sums", SUMS));

    private StreamTypes() {}

    private static Map<String, TypeInformation<?>> sums() {
        Map<String, TypeInformation<?>> fields = new HashMap<>();
        for (String count : new String[] {
            "requests",
            "failed",
            "retried",
            "tokens",
            "cachedTokens",
            "history",
            "pricedRequests",
            "unpricedRequests",
            "unpricedTokens",
            "repricedRequests",
            "correctedRequests",
            "correctedFailed",
            "correctedTokens"
        }) {
            fields.put(count, Types.LONG);
        }
        fields.put("cost", Types.BIG_DEC);
        fields.put("costWithoutCache", Types.BIG_DEC);
        fields.put("correctedCost", Types.BIG_DEC);
        return fields;
    }
}
