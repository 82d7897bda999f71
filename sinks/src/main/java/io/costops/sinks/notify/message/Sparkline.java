package io.costops.sinks.notify.message;

import io.costops.schemas.avro.AlertPoint;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A series as a line of block characters, the actual above the expected on one scale.
 *
 * @param from begin of the first window
 * @param to begin of the last one
 * @param low value of the lowest block: 0, unless there are negative values
 * @param high value of the highest block
 */
record Sparkline(String actual, String expected, Instant from, Instant to, BigDecimal low, BigDecimal high) {
    private static final String BLOCKS = "▁▂▃▄▅▆▇█";
    private static final char NO_DATA = '·';
    private static final int MOST_POINTS = 60;

    /** Empty where there is nothing to draw. */
    static Optional<Sparkline> of(List<AlertPoint> points) {
        List<AlertPoint> shown = points.subList(Math.max(0, points.size() - MOST_POINTS), points.size());
        List<Double> values = shown.stream()
                .flatMap(point -> Stream.of(finite(point.getActual()), finite(point.getExpected())))
                .flatMap(Optional::stream)
                .toList();
        if (values.isEmpty()) {
            return Optional.empty();
        }
        double low = Math.min(0, values.stream().min(Double::compare).orElseThrow());
        double high = values.stream().max(Double::compare).orElseThrow();
        return Optional.of(new Sparkline(
                line(shown, AlertPoint::getActual, low, high),
                line(shown, AlertPoint::getExpected, low, high),
                shown.get(0).getWindowStart(),
                shown.get(shown.size() - 1).getWindowStart(),
                BigDecimal.valueOf(low),
                BigDecimal.valueOf(high)));
    }

    private static String line(
            List<AlertPoint> points, Function<AlertPoint, @Nullable Double> value, double low, double high) {
        StringBuilder line = new StringBuilder(points.size());
        for (AlertPoint point : points) {
            line.append(finite(value.apply(point))
                    .map(number -> block(number, low, high))
                    .orElse(NO_DATA));
        }
        return line.toString();
    }

    private static char block(double value, double low, double high) {
        // Halves first: high - low may be more than a double holds.
        double share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0;
        return BLOCKS.charAt((int) Math.round(share * (BLOCKS.length() - 1)));
    }

    private static Optional<Double> finite(@Nullable Double value) {
        return Optional.ofNullable(value).filter(Objects::nonNull).filter(Double::isFinite);
    }
}
