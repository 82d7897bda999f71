package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonArray;
import io.costops.ingest.json.JsonContainer;
import io.costops.ingest.json.JsonObject;
import io.costops.ingest.json.JsonText;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.usage.UsageRules;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Typed reads from a record. What is absent or null reads as nothing; what is wrong reads as nothing too and is remembered
 * with its path: the first defect makes the record a rejection, so that no parser has to check after every field.
 */
final class Fields {
    /** Largest count that is read; a few of them never overflow a long. */
    private static final long MAX_COUNT = UsageRules.MAX_QUANTITY.longValueExact();

    /** The year 10000: beyond it a number is no time in seconds. */
    private static final long MAX_EPOCH_SECOND = 253_402_300_800L;

    private static final int SHOWN_CHARACTERS = 40;

    private @Nullable Defect defect;

    /** The first thing that was wrong. */
    @Nullable
    Defect defect() {
        return defect;
    }

    void reject(RejectReason reason, @Nullable String path, String message) {
        if (defect == null) {
            defect = new Defect(reason, path, message);
        }
    }

    /** True if a member is there and not null. */
    static boolean has(@Nullable JsonObject in, String name) {
        return in != null && in.get(name) != null;
    }

    /** A number of tokens, requests and the like: whole, 0 or more; 0 where absent. */
    long count(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || value == null) {
            return 0;
        }
        if (value instanceof Json.Whole whole && whole.value() >= 0 && whole.value() <= MAX_COUNT) {
            return whole.value();
        }
        return unusualCount(in, name, value);
    }

    private long unusualCount(JsonObject in, String name, Json value) {
        if (value instanceof Json.Numeric number) {
            return count(new BigDecimal(number.literal()), in.path(name));
        }
        invalid(in, name, "must be a whole number of 0 or more", value);
        return 0;
    }

    /** A count that stands by itself. */
    long count(Json value, String path) {
        if (value instanceof Json.Numeric number) {
            return count(new BigDecimal(number.literal()), path);
        }
        reject(RejectReason.INVALID_FIELD, path, path + " must be a whole number of 0 or more, but is " + shown(value));
        return 0;
    }

    /** Some providers write a count as 15.0: whole all the same. */
    private long count(BigDecimal number, String path) {
        if (number.signum() < 0) {
            reject(
                    RejectReason.NEGATIVE_QUANTITY,
                    path,
                    path + " is " + shown(number.toString())
                            + ": to take usage back, send the event again with a higher revision");
            return 0;
        }
        if (number.signum() > 0 && number.stripTrailingZeros().scale() > 0) {
            reject(
                    RejectReason.INVALID_FIELD,
                    path,
                    path + " must be a whole number, but is " + shown(number.toString()));
            return 0;
        }
        if (number.compareTo(UsageRules.MAX_QUANTITY) > 0) {
            reject(
                    RejectReason.OUT_OF_RANGE,
                    path,
                    path + " is " + shown(number.toString()) + ", more than any request has (10^12)");
            return 0;
        }
        return number.longValueExact();
    }

    /** A count that may come as a string of digits, as OTLP/JSON writes 64-bit integers. */
    long countOrDigits(Json value, String path) {
        if (value instanceof Json.Text text && isDigits(text.value())) {
            return count(new BigDecimal(text.value()), path);
        }
        return count(value, path);
    }

    private static boolean isDigits(String text) {
        if (text.isEmpty() || text.length() > 19) {
            return false;
        }
        for (int i = text.charAt(0) == '-' && text.length() > 1 ? 1 : 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    /**
     * What of a total its named parts leave; parts that exceed their total are a defect, never a negative count.
     *
     * @param name the total's field
     */
    long remainder(@Nullable JsonObject in, String name, long total, long parts) {
        if (parts > total) {
            String path = in == null ? name : in.path(name);
            reject(
                    RejectReason.INVALID_FIELD,
                    path,
                    path + " is " + total + ", but the parts that it includes add up to " + parts);
            return 0;
        }
        return total - parts;
    }

    /** An exact decimal from its literal; null where absent. */
    @Nullable
    BigDecimal decimal(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || value == null) {
            return null;
        }
        if (!(value instanceof Json.Numeric number)) {
            invalid(in, name, "must be a number", value);
            return null;
        }
        BigDecimal decimal = new BigDecimal(number.literal());
        if (!LedgerDecimal.fits(decimal)) {
            reject(
                    RejectReason.OUT_OF_RANGE,
                    in.path(name),
                    in.path(name) + " must be below 10^30 with at most 30 decimals, but is " + shown(number.literal()));
            return null;
        }
        return decimal;
    }

    /** A decimal, also as the text that CloudEvents extensions carry. */
    @Nullable
    BigDecimal decimalOrText(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || !(value instanceof Json.Text text)) {
            return decimal(in, name);
        }
        try {
            // Short enough that no exponent can be expanded.
            BigDecimal decimal = text.value().length() > 20 ? null : new BigDecimal(text.value());
            if (decimal != null && LedgerDecimal.fits(decimal)) {
                return decimal;
            }
        } catch (NumberFormatException notANumber) {
            // Said below.
        }
        invalid(in, name, "must be a number", value);
        return null;
    }

    /** A quantity in a unit that is not whole, such as seconds; 0 or more. */
    @Nullable
    BigDecimal quantity(@Nullable JsonObject in, String name) {
        return in == null ? null : quantity(in, name, decimal(in, name));
    }

    /** A quantity, also as the text that headers and CloudEvents extensions carry. */
    @Nullable
    BigDecimal quantityOrText(@Nullable JsonObject in, String name) {
        return in == null ? null : quantity(in, name, decimalOrText(in, name));
    }

    private @Nullable BigDecimal quantity(JsonObject in, String name, @Nullable BigDecimal quantity) {
        if (quantity == null) {
            return null;
        }
        if (quantity.signum() < 0) {
            reject(
                    RejectReason.NEGATIVE_QUANTITY,
                    in.path(name),
                    in.path(name) + " is " + shown(quantity.toString())
                            + ": to take usage back, send the event again with a higher revision");
            return null;
        }
        if (quantity.compareTo(UsageRules.MAX_QUANTITY) > 0) {
            reject(
                    RejectReason.OUT_OF_RANGE,
                    in.path(name),
                    in.path(name) + " is " + shown(quantity.toString()) + ", more than any request has (10^12)");
            return null;
        }
        return quantity;
    }

    /** A name or identifier: a string that is not empty, or a number as its literal. */
    @Nullable
    String text(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || value == null) {
            return null;
        }
        if (value instanceof Json.Text text) {
            return text.value().isEmpty() ? null : text.value();
        }
        if (value instanceof Json.Numeric number) {
            return number.literal();
        }
        invalid(in, name, "must be a string", value);
        return null;
    }

    /** A string that only informs: anything else is as good as absent. */
    static @Nullable String label(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        return value instanceof Json.Text text && !text.value().isEmpty() ? text.value() : null;
    }

    /** A switch; also as the text that headers and CloudEvents extensions carry, and Python writes with a capital. */
    boolean flag(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || value == null) {
            return false;
        }
        if (value instanceof Json.Bool bool) {
            return bool == Json.Bool.TRUE;
        }
        if (value instanceof Json.Text text
                && (text.value().equalsIgnoreCase("true") || text.value().equalsIgnoreCase("false"))) {
            return text.value().equalsIgnoreCase("true");
        }
        invalid(in, name, "must be true or false", value);
        return false;
    }

    /** A moment: seconds since 1970 as a number, or ISO 8601 as a string. 0 and "" are what streams write for "not yet". */
    @Nullable
    Instant time(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || value == null) {
            return null;
        }
        if (value instanceof Json.Whole whole && Math.abs(whole.value()) < MAX_EPOCH_SECOND) {
            return whole.value() == 0 ? null : Instant.ofEpochSecond(whole.value());
        }
        if (value instanceof Json.Numeric number) {
            return epochSeconds(new BigDecimal(number.literal()), in, name);
        }
        if (value instanceof Json.Text text) {
            Instant time = IsoTimes.parse(text.value());
            if (time == null && !text.value().isEmpty()) {
                invalid(in, name, "must be a time such as 2026-07-01T10:00:00Z", value);
            }
            return time;
        }
        invalid(in, name, "must be a time: seconds since 1970 or ISO 8601", value);
        return null;
    }

    private @Nullable Instant epochSeconds(BigDecimal seconds, JsonObject in, String name) {
        if (seconds.abs().compareTo(BigDecimal.valueOf(MAX_EPOCH_SECOND)) >= 0) {
            reject(
                    RejectReason.FUTURE_TIME,
                    in.path(name),
                    in.path(name) + " must be in seconds since 1970, but is " + shown(seconds.toString()));
            return null;
        }
        BigDecimal micros = seconds.movePointRight(6).setScale(0, java.math.RoundingMode.FLOOR);
        return micros.signum() == 0 ? null : ofMicros(micros.longValueExact());
    }

    /** Nanoseconds since 1970, as a number or as OTLP's string of digits. */
    @Nullable
    Instant unixNanos(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || value == null) {
            return null;
        }
        if (value instanceof Json.Whole whole && whole.value() >= 0) {
            return whole.value() == 0 ? null : ofMicros(whole.value() / 1_000);
        }
        if (value instanceof Json.Text text
                && isDigits(text.value())
                && text.value().charAt(0) != '-') {
            BigDecimal nanos = new BigDecimal(text.value());
            return nanos.signum() == 0
                    ? null
                    : ofMicros(nanos.movePointLeft(3)
                            .setScale(0, java.math.RoundingMode.FLOOR)
                            .longValueExact());
        }
        invalid(in, name, "must be nanoseconds since 1970", value);
        return null;
    }

    private static Instant ofMicros(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L);
    }

    /** An object; null where absent. */
    @Nullable
    JsonObject object(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || value == null || value instanceof JsonObject) {
            return (JsonObject) value;
        }
        invalid(in, name, "must be an object", value);
        return null;
    }

    /** An object that only informs: anything else is as good as absent. */
    static @Nullable JsonObject section(@Nullable JsonObject in, String name) {
        return in != null && in.get(name) instanceof JsonObject object ? object : null;
    }

    /** An array; null where absent. */
    @Nullable
    JsonArray array(@Nullable JsonObject in, String name) {
        Json value = in == null ? null : in.get(name);
        if (in == null || value == null || value instanceof JsonArray) {
            return (JsonArray) value;
        }
        invalid(in, name, "must be an array", value);
        return null;
    }

    /** An array that only informs: anything else is as good as absent. */
    static @Nullable JsonArray list(@Nullable JsonObject in, String name) {
        return in != null && in.get(name) instanceof JsonArray array ? array : null;
    }

    private void invalid(JsonObject in, String name, String rule, Json value) {
        if (defect == null) {
            reject(RejectReason.INVALID_FIELD, in.path(name), in.path(name) + " " + rule + ", but is " + shown(value));
        }
    }

    static String shown(Json value) {
        return value instanceof JsonContainer || value == Json.Null.NULL
                ? value.kind()
                : value instanceof Json.Text text
                        ? "the string '" + shown(text.value()) + "'"
                        : shown(JsonText.plain(value));
    }

    /** A short form without characters that a message must not have. */
    private static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), SHOWN_CHARACTERS); i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? ' ' : c);
        }
        return text.length() > SHOWN_CHARACTERS ? shown.append("...").toString() : shown.toString();
    }
}
