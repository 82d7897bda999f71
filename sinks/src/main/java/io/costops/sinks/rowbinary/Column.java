package io.costops.sinks.rowbinary;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One column of a row: its name, its exact ClickHouse type, and how a row's value becomes bytes.
 *
 * <p>A text that is null is written as the empty string: that is how the tables say that nobody named it.
 */
public record Column<T>(String name, String type, Cell<T> cell) {
    private static final String STRING = "String";
    private static final String LOW_CARDINALITY = "LowCardinality(String)";
    private static final String DECIMAL = "Decimal(76, 30)";
    private static final String TIME = "DateTime64(6, 'UTC')";

    /** Writes one value. */
    @FunctionalInterface
    public interface Cell<T> {
        void write(T row, RowBuffer out);
    }

    /** A getter whose value may be absent. */
    @FunctionalInterface
    public interface Getter<T, V> {
        @Nullable
        V get(T row);
    }

    public static <T> Column<T> text(String name, Getter<T, String> value) {
        return new Column<>(name, STRING, (row, out) -> out.string(orEmpty(value.get(row))));
    }

    /** A text of few different values. */
    public static <T> Column<T> word(String name, Getter<T, String> value) {
        return new Column<>(name, LOW_CARDINALITY, (row, out) -> out.string(orEmpty(value.get(row))));
    }

    public static <T> Column<T> int32(String name, ToIntFunction<T> value) {
        return new Column<>(name, "Int32", (row, out) -> out.int32(value.applyAsInt(row)));
    }

    public static <T> Column<T> int64(String name, ToLongFunction<T> value) {
        return new Column<>(name, "Int64", (row, out) -> out.int64(value.applyAsLong(row)));
    }

    public static <T> Column<T> nullableInt32(String name, Getter<T, Integer> value) {
        return nullable(name, "Int32", value, (v, out) -> out.int32(v));
    }

    public static <T> Column<T> nullableInt64(String name, Getter<T, Long> value) {
        return nullable(name, "Int64", value, (v, out) -> out.int64(v));
    }

    public static <T> Column<T> nullableFloat64(String name, Getter<T, Double> value) {
        return nullable(name, "Float64", value, (v, out) -> out.float64(v));
    }

    public static <T> Column<T> decimal(String name, Function<T, BigDecimal> value) {
        return new Column<>(name, DECIMAL, (row, out) -> out.decimal(value.apply(row)));
    }

    public static <T> Column<T> nullableDecimal(String name, Getter<T, BigDecimal> value) {
        return nullable(name, DECIMAL, value, (v, out) -> out.decimal(v));
    }

    public static <T> Column<T> nullableBlob(String name, Getter<T, byte[]> value) {
        return nullable(name, STRING, value, (v, out) -> out.blob(v));
    }

    public static <T> Column<T> blob(String name, Function<T, byte[]> value) {
        return new Column<>(name, STRING, (row, out) -> out.blob(value.apply(row)));
    }

    public static <T> Column<T> time(String name, Function<T, Instant> value) {
        return new Column<>(name, TIME, (row, out) -> out.micros(value.apply(row)));
    }

    public static <T> Column<T> nullableTime(String name, Getter<T, Instant> value) {
        return nullable(name, TIME, value, (v, out) -> out.micros(v));
    }

    public static <T, E> Column<T> times(String name, Function<T, List<E>> elements, Function<E, Instant> value) {
        return array(name, TIME, elements, (element, out) -> out.micros(value.apply(element)));
    }

    public static <T> Column<T> date(String name, Function<T, LocalDate> value) {
        return new Column<>(name, "Date", (row, out) -> out.date(value.apply(row)));
    }

    public static <T> Column<T> textMap(String name, Function<T, Map<String, String>> value) {
        return map(name, value, (v, out) -> out.string(v));
    }

    public static <T> Column<T> blobMap(String name, Function<T, Map<String, byte[]>> value) {
        return map(name, value, (v, out) -> out.blob(v));
    }

    public static <T, E> Column<T> words(String name, Function<T, List<E>> elements, Getter<E, String> value) {
        return array(name, LOW_CARDINALITY, elements, (element, out) -> out.string(orEmpty(value.get(element))));
    }

    public static <T, E> Column<T> decimals(String name, Function<T, List<E>> elements, Function<E, BigDecimal> value) {
        return array(name, DECIMAL, elements, (element, out) -> out.decimal(value.apply(element)));
    }

    public static <T, E> Column<T> nullableDecimals(
            String name, Function<T, List<E>> elements, Getter<E, BigDecimal> value) {
        return array(name, "Nullable(" + DECIMAL + ")", elements, (element, out) -> {
            BigDecimal amount = value.get(element);
            out.isNull(amount == null);
            if (amount != null) {
                out.decimal(amount);
            }
        });
    }

    public static <T, E> Column<T> nullableFloat64s(
            String name, Function<T, List<E>> elements, Getter<E, Double> value) {
        return array(name, "Nullable(Float64)", elements, (element, out) -> {
            Double number = value.get(element);
            out.isNull(number == null);
            if (number != null) {
                out.float64(number);
            }
        });
    }

    private static <T, V> Column<T> nullable(String name, String type, Getter<T, V> value, Cell<V> cell) {
        return new Column<>(name, "Nullable(" + type + ")", (row, out) -> {
            V present = value.get(row);
            out.isNull(present == null);
            if (present != null) {
                cell.write(present, out);
            }
        });
    }

    private static <T, E> Column<T> array(String name, String type, Function<T, List<E>> elements, Cell<E> cell) {
        return new Column<>(name, "Array(" + type + ")", (row, out) -> {
            List<E> list = elements.apply(row);
            out.size(list.size());
            for (E element : list) {
                cell.write(element, out);
            }
        });
    }

    private static <T, V> Column<T> map(String name, Function<T, Map<String, V>> value, Cell<V> cell) {
        return new Column<>(name, "Map(" + LOW_CARDINALITY + ", " + STRING + ")", (row, out) -> {
            Map<String, V> map = value.apply(row);
            out.size(map.size());
            map.forEach((key, element) -> {
                out.string(key);
                cell.write(element, out);
            });
        });
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
