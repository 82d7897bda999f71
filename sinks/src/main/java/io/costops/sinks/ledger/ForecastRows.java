package io.costops.sinks.ledger;

import static io.costops.sinks.rowbinary.Column.decimal;
import static io.costops.sinks.rowbinary.Column.int32;
import static io.costops.sinks.rowbinary.Column.text;
import static io.costops.sinks.rowbinary.Column.time;
import static io.costops.sinks.rowbinary.Column.word;

import io.costops.schemas.avro.Forecast;
import io.costops.sinks.rowbinary.RowFormat;
import java.util.List;

/** Forecasts as rows of the table {@code forecast_history}; migration V021 says what each column means. */
final class ForecastRows {
    static final String TABLE = "forecast_history";

    private ForecastRows() {}

    static RowFormat<Forecast> format() {
        return new RowFormat<>(
                TABLE,
                List.of(
                        text("series", Forecast::getSeries),
                        word("tenant", Forecast::getTenant),
                        word("dimension", Forecast::getDimension),
                        word("value", Forecast::getValue),
                        word("horizon", forecast -> AlertRows.lower(forecast.getHorizon())),
                        time("period_start", Forecast::getPeriodStart),
                        time("period_end", Forecast::getPeriodEnd),
                        decimal("spent", Forecast::getSpent),
                        decimal("expected", Forecast::getExpected),
                        decimal("low_80", Forecast::getLow80),
                        decimal("high_80", Forecast::getHigh80),
                        decimal("low_95", Forecast::getLow95),
                        decimal("high_95", Forecast::getHigh95),
                        word("currency", Forecast::getCurrency),
                        int32("history_days", Forecast::getHistoryDays),
                        int32("cold_start", forecast -> forecast.getColdStart() ? 1 : 0),
                        word("method", Forecast::getMethod),
                        time("forecast_at", Forecast::getForecastAt),
                        time("recorded_at", Forecast::getRecordedAt)),
                forecast -> "the forecast of " + forecast.getSeries() + " at " + forecast.getForecastAt());
    }
}
