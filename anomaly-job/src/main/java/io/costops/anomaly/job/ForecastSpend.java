package io.costops.anomaly.job;

import io.costops.anomaly.forecast.Confidence;
import io.costops.anomaly.forecast.PeriodForecast;
import io.costops.anomaly.forecast.SpendForecaster;
import io.costops.anomaly.forecast.SpendHistory;
import io.costops.anomaly.forecast.SpendOutlook;
import io.costops.schemas.avro.Forecast;
import io.costops.schemas.avro.ForecastHorizon;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Forecasts a series a minute after it was first seen and every hour from then on.
 *
 * <p>Points are added up by the hour and reach the history when a forecast is due. While the stream is behind the clock by more than
 * two hours nothing is forecast: what is missing would look like savings. The moments are spread over the hour by the series.
 */
final class ForecastSpend extends KeyedProcessFunction<SpendSeries, SpendPoint, Forecast> {
    static final MapStateDescriptor<Long, BigDecimal> HOURS =
            new MapStateDescriptor<>("hours", Types.LONG, Types.BIG_DEC);
    static final ValueStateDescriptor<byte[]> HISTORY =
            new ValueStateDescriptor<>("history", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    static final ValueStateDescriptor<Long> FIRST_HOUR = new ValueStateDescriptor<>("first-hour", Types.LONG);
    static final ValueStateDescriptor<Long> NEWEST_HOUR = new ValueStateDescriptor<>("newest-hour", Types.LONG);

    private static final long serialVersionUID = 1L;
    private static final String METHOD = "spend-paths/1";
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();
    private static final long MINUTE_MILLIS = Duration.ofMinutes(1).toMillis();
    private static final long MOST_BEHIND_MILLIS = Duration.ofHours(2).toMillis();
    private static final long MOST_HISTORY_DAYS = 400;
    private static final long FORGET_HOURS = 35 * 24L;

    private transient @Nullable SpendForecaster forecaster;

    @SuppressWarnings("NullAway.Init") // by open
    private transient MapState<Long, BigDecimal> hours;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<byte[]> histories;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<Long> firstHour;

    @SuppressWarnings("NullAway.Init") // by open
    private transient ValueState<Long> newestHour;

    @Override
    public void open(OpenContext context) {
        hours = getRuntimeContext().getMapState(HOURS);
        histories = getRuntimeContext().getState(HISTORY);
        firstHour = getRuntimeContext().getState(FIRST_HOUR);
        newestHour = getRuntimeContext().getState(NEWEST_HOUR);
    }

    @Override
    public void processElement(SpendPoint point, Context context, Collector<Forecast> out) throws Exception {
        BigDecimal before = hours.get(point.hour());
        hours.put(point.hour(), before == null ? point.cost() : before.add(point.cost()));
        Long first = firstHour.value();
        if (first == null) {
            context.timerService()
                    .registerProcessingTimeTimer(context.timerService().currentProcessingTime() + MINUTE_MILLIS);
        }
        if (first == null || point.hour() < first) {
            firstHour.update(point.hour());
        }
        Long newest = newestHour.value();
        if (newest == null || point.hour() > newest) {
            newestHour.update(point.hour());
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Forecast> out) throws Exception {
        Long newest = newestHour.value();
        Long first = firstHour.value();
        if (newest == null || first == null) {
            return;
        }
        // A timer that waited while the job was down: what would have been forecast then is of no use now.
        long clockMillis = Math.max(timestamp, context.timerService().currentProcessingTime());
        long watermark = context.timerService().currentWatermark();
        long nowMillis = Math.min(clockMillis, watermark);
        if (watermark == Long.MIN_VALUE || clockMillis - nowMillis > MOST_BEHIND_MILLIS) {
            context.timerService().registerProcessingTimeTimer(clockMillis + MINUTE_MILLIS);
            return;
        }
        SpendHistory history = history(nowMillis);
        if (nowMillis / HOUR_MILLIS - newest > FORGET_HOURS) {
            hours.clear();
            histories.clear();
            firstHour.clear();
            newestHour.clear();
            return;
        }
        forecast(context.getCurrentKey(), history, first, nowMillis, clockMillis, out);
        long spread = Math.floorMod(context.getCurrentKey().hashCode(), HOUR_MILLIS);
        context.timerService()
                .registerProcessingTimeTimer(
                        (Math.floorDiv(clockMillis - spread, HOUR_MILLIS) + 1) * HOUR_MILLIS + spread);
    }

    private SpendHistory history(long nowMillis) throws Exception {
        byte[] bytes = histories.value();
        SpendHistory history = bytes == null ? new SpendHistory() : SpendHistory.fromBytes(bytes);
        for (Map.Entry<Long, BigDecimal> hour : hours.entries()) {
            history.add(hour.getKey() * (HOUR_MILLIS / 1_000), hour.getValue().doubleValue());
        }
        hours.clear();
        history.advance(nowMillis / 1_000);
        histories.update(history.toBytes());
        return history;
    }

    private void forecast(
            SpendSeries series,
            SpendHistory history,
            long first,
            long nowMillis,
            long timestamp,
            Collector<Forecast> out) {
        SpendForecaster with = forecaster;
        if (with == null) {
            with = new SpendForecaster();
            forecaster = with;
        }
        ZoneId zone = ZoneOffset.UTC;
        Instant now = Instant.ofEpochMilli(nowMillis);
        SpendOutlook outlook = with.outlook(
                history, now, SpendOutlook.usualEnd(now, zone), series.id().hashCode());
        if (outlook.confidence() == Confidence.NONE) {
            return;
        }
        Instant made = Instant.ofEpochMilli(timestamp);
        long days = Math.max(0, (nowMillis / HOUR_MILLIS - first) / 24);
        out.collect(record(
                series, ForecastHorizon.MONTH_END, outlook.monthEnd(zone), outlook.confidence(), days, now, made));
        out.collect(record(
                series, ForecastHorizon.QUARTER_END, outlook.quarterEnd(zone), outlook.confidence(), days, now, made));
        out.collect(record(
                series, ForecastHorizon.NEXT_30_DAYS, outlook.nextThirtyDays(), outlook.confidence(), days, now, made));
    }

    private static Forecast record(
            SpendSeries series,
            ForecastHorizon horizon,
            PeriodForecast period,
            Confidence confidence,
            long days,
            Instant now,
            Instant made) {
        Forecast forecast = new Forecast();
        forecast.setSeries(series.id());
        forecast.setTenant(series.tenant().isEmpty() ? null : series.tenant());
        forecast.setDimension(series.dimension());
        forecast.setValue(series.dimension().equals("tenant") ? series.tenant() : series.value());
        forecast.setHorizon(horizon);
        forecast.setPeriodStart(period.from().truncatedTo(ChronoUnit.MICROS));
        forecast.setPeriodEnd(period.to().truncatedTo(ChronoUnit.MICROS));
        forecast.setSpent(decimal(period.spent()));
        forecast.setExpected(decimal(period.expected()));
        forecast.setLow80(decimal(period.low80()));
        forecast.setHigh80(decimal(period.high80()));
        forecast.setLow95(decimal(period.low95()));
        forecast.setHigh95(decimal(period.high95()));
        forecast.setCurrency(series.currency());
        forecast.setHistoryDays((int) Math.min(days, MOST_HISTORY_DAYS));
        forecast.setColdStart(confidence == Confidence.COLD_START);
        forecast.setMethod(METHOD);
        forecast.setForecastAt(now.truncatedTo(ChronoUnit.MICROS));
        forecast.setRecordedAt(made);
        return forecast;
    }

    private static BigDecimal decimal(BigDecimal value) {
        return LedgerDecimal.fit(value, "a forecast");
    }
}
