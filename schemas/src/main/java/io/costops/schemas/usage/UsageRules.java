package io.costops.schemas.usage;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * What every usage event must satisfy, whether a parser made it or a user published it as Avro.
 *
 * <p>One place for both, so that no door lets through what the other refuses.
 */
public final class UsageRules {
    /** An event time further ahead of its receipt is refused, so that no clock can drive the watermark. */
    public static final Duration MAX_FUTURE = Duration.ofHours(1);

    /** Nothing was metered before this; an earlier time is a unit error (seconds read as milliseconds). */
    public static final Instant MIN_TIME = Instant.parse("2015-01-01T00:00:00Z");

    /** From here on a time is a unit error too (milliseconds read as seconds); ClickHouse's hours end in 2106. */
    public static final Instant MAX_TIME = Instant.parse("2100-01-01T00:00:00Z");

    /** Largest quantity of one meter: far above any request, far below what could overflow a sum. */
    public static final BigDecimal MAX_QUANTITY = BigDecimal.TEN.pow(12);

    public static final int MAX_ID_LENGTH = 512;
    public static final int MAX_NAME_LENGTH = 512;
    public static final int MAX_TAGS = 128;
    public static final int MAX_TAG_KEY_LENGTH = 256;
    public static final int MAX_TAG_VALUE_LENGTH = 4_096;
    public static final int MAX_PRICING_ATTRIBUTES = 64;

    /**
     * With it begin the pricing attributes that a ledger entry adds, and no event may have: by them a charge is priced anew.
     */
    public static final String RESERVED_ATTRIBUTES = "metered.";

    private static final int[] TEXTS = texts(UsageEvent.getClassSchema());
    private static final int[] TEXTS_OF_DIMENSIONS = texts(Dimensions.getClassSchema());

    private UsageRules() {}

    /**
     * The first rule that an event breaks.
     *
     * @param field path of the field, as the schema names it
     * @param message one sentence with the fix
     */
    public record Violation(RejectReason reason, String field, String message) {}

    /** Empty if the event may be priced. */
    public static Optional<Violation> violation(UsageEvent event) {
        return Optional.ofNullable(firstViolation(event));
    }

    private static @Nullable Violation firstViolation(UsageEvent event) {
        Violation name = names(event);
        if (name != null) {
            return name;
        }
        if (event.getRevision() < 0) {
            return new Violation(RejectReason.INVALID_FIELD, "revision", "revision must be 0 or more");
        }
        if (event.getStatus() == UsageStatus.UNKNOWN) {
            return new Violation(
                    RejectReason.INVALID_FIELD, "status", "status must be BILLABLE, NO_USAGE or GATEWAY_CACHE_HIT");
        }
        Violation time = times(event);
        if (time != null) {
            return time;
        }
        Violation meters = meters(event);
        if (meters != null) {
            return meters;
        }
        if (event.getStatus() == UsageStatus.BILLABLE && !event.getDeleted() && isBlank(event.getModel())) {
            return new Violation(
                    RejectReason.MISSING_FIELD,
                    "model",
                    "model is missing: name the model that answered, it is what is priced");
        }
        BigDecimal reported = event.getReportedCost();
        if (reported != null && !LedgerDecimal.fits(reported)) {
            return new Violation(
                    RejectReason.OUT_OF_RANGE,
                    "reported_cost",
                    "reported_cost must be below 10^30 with at most 30 decimals");
        }
        Double quality = event.getQuality();
        if (quality != null && !Double.isFinite(quality)) {
            return new Violation(RejectReason.INVALID_FIELD, "quality", "quality must be a finite number");
        }
        Violation attributes = pricingAttributes(event.getPricingAttributes());
        return attributes != null ? attributes : tags(event.getTags());
    }

    private static @Nullable Violation pricingAttributes(Map<String, String> attributes) {
        if (attributes.isEmpty()) {
            return null;
        }
        if (attributes.size() > MAX_PRICING_ATTRIBUTES) {
            return new Violation(
                    RejectReason.INVALID_FIELD,
                    "pricing_attributes",
                    "more than " + MAX_PRICING_ATTRIBUTES + " pricing attributes: send those that a rate depends on");
        }
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            String name = attribute.getKey();
            if (name.isEmpty() || name.length() > MAX_NAME_LENGTH || hasControlCharacter(name)) {
                return new Violation(
                        RejectReason.INVALID_FIELD,
                        "pricing_attributes",
                        "a pricing attribute's name must have 1 to " + MAX_NAME_LENGTH
                                + " characters, none of them a control character");
            }
            String field = "pricing_attributes." + name;
            if (name.startsWith(RESERVED_ATTRIBUTES)) {
                return new Violation(
                        RejectReason.INVALID_FIELD,
                        field,
                        field + " is a name that the ledger itself gives: state quantities as meters");
            }
            if (attribute.getValue().length() > MAX_NAME_LENGTH || hasControlCharacter(attribute.getValue())) {
                return new Violation(
                        RejectReason.INVALID_FIELD,
                        field,
                        field + " must have at most " + MAX_NAME_LENGTH
                                + " characters, none of them a control character");
            }
        }
        return null;
    }

    private static @Nullable Violation names(UsageEvent event) {
        if (isBlank(event.getEventId()) || event.getEventId().length() > MAX_ID_LENGTH) {
            return new Violation(
                    RejectReason.INVALID_FIELD, "event_id", "event_id must have 1 to " + MAX_ID_LENGTH + " characters");
        }
        if (isBlank(event.getSourceKind())) {
            return new Violation(RejectReason.MISSING_FIELD, "source_kind", "source_kind is missing");
        }
        Violation own = texts(event, TEXTS, "");
        return own != null ? own : texts(event.getDimensions(), TEXTS_OF_DIMENSIONS, "dimensions.");
    }

    private static @Nullable Violation texts(SpecificRecord record, int[] positions, String path) {
        for (int position : positions) {
            if (record.get(position) instanceof String text) {
                if (text.length() > MAX_NAME_LENGTH) {
                    String field =
                            path + record.getSchema().getFields().get(position).name();
                    return new Violation(
                            RejectReason.OUT_OF_RANGE,
                            field,
                            field + " is longer than " + MAX_NAME_LENGTH + " characters: shorten it");
                }
                if (hasControlCharacter(text)) {
                    String field =
                            path + record.getSchema().getFields().get(position).name();
                    return new Violation(
                            RejectReason.INVALID_FIELD, field, field + " has a control character: remove it");
                }
            }
        }
        return null;
    }

    /** Where a record may hold a text: by its schema, so that a field added later is covered too. */
    private static int[] texts(Schema schema) {
        return schema.getFields().stream()
                .filter(field -> field.schema().getType() == Schema.Type.STRING
                        || (field.schema().isUnion()
                                && field.schema().getTypes().stream()
                                        .anyMatch(type -> type.getType() == Schema.Type.STRING)))
                .mapToInt(Schema.Field::pos)
                .toArray();
    }

    private static @Nullable Violation times(UsageEvent event) {
        if (event.getEventTime().isBefore(MIN_TIME)) {
            return new Violation(
                    RejectReason.OUT_OF_RANGE,
                    "event_time",
                    "event_time " + event.getEventTime() + " is before " + MIN_TIME + ": check its unit");
        }
        if (!event.getReceivedAt().isBefore(MAX_TIME)) {
            return new Violation(
                    RejectReason.OUT_OF_RANGE,
                    "received_at",
                    "received_at " + event.getReceivedAt() + " is not before " + MAX_TIME + ": check its unit");
        }
        if (event.getEventTime().isAfter(event.getReceivedAt().plus(MAX_FUTURE))) {
            return new Violation(
                    RejectReason.FUTURE_TIME,
                    "event_time",
                    "event_time " + event.getEventTime() + " is more than an hour after received_at "
                            + event.getReceivedAt() + ": set the sender's clock");
        }
        return null;
    }

    private static @Nullable Violation meters(UsageEvent event) {
        Set<Meter> seen = EnumSet.noneOf(Meter.class);
        for (int i = 0; i < event.getMeters().size(); i++) {
            MeterQuantity metered = event.getMeters().get(i);
            String field = "meters[" + i + "]";
            Optional<Meter> meter = Meter.byWireName(metered.getMeter());
            if (meter.isEmpty()) {
                return new Violation(
                        RejectReason.INVALID_FIELD, field + ".meter", "this meter is not known; see Meter");
            }
            if (!seen.add(meter.get())) {
                return new Violation(
                        RejectReason.INVALID_FIELD, field + ".meter", "a meter stands twice: add its quantities up");
            }
            BigDecimal quantity = metered.getQuantity();
            if (quantity.signum() < 0) {
                return new Violation(
                        RejectReason.NEGATIVE_QUANTITY,
                        field + ".quantity",
                        "a quantity is negative: to take usage back, send the event again with a higher revision");
            }
            if (quantity.compareTo(MAX_QUANTITY) > 0 || !LedgerDecimal.fits(quantity)) {
                return new Violation(
                        RejectReason.OUT_OF_RANGE, field + ".quantity", "a quantity is above 10^12 or too fine");
            }
            if (meter.get().countsTokens() && LedgerDecimal.compact(quantity).scale() > 0) {
                return new Violation(
                        RejectReason.INVALID_FIELD, field + ".quantity", "a number of tokens must be whole");
            }
        }
        return null;
    }

    private static @Nullable Violation tags(Map<String, String> tags) {
        if (tags.size() > MAX_TAGS) {
            return new Violation(RejectReason.INVALID_TAG, "tags", "more than " + MAX_TAGS + " tags: send fewer");
        }
        for (Map.Entry<String, String> tag : tags.entrySet()) {
            if (tag.getKey().isEmpty()
                    || tag.getKey().length() > MAX_TAG_KEY_LENGTH
                    || hasControlCharacter(tag.getKey())) {
                return new Violation(
                        RejectReason.INVALID_TAG,
                        "tags",
                        "a tag's name must have 1 to " + MAX_TAG_KEY_LENGTH
                                + " characters, none of them a control character");
            }
            if (tag.getValue().length() > MAX_TAG_VALUE_LENGTH || hasControlCharacter(tag.getValue())) {
                return new Violation(
                        RejectReason.INVALID_TAG,
                        "tags." + tag.getKey(),
                        "a tag's value must have at most " + MAX_TAG_VALUE_LENGTH
                                + " characters, none of them a control character");
            }
        }
        return null;
    }

    private static boolean isBlank(@Nullable String text) {
        return text == null || text.isBlank();
    }

    /** True if a text can't be stored and shown as it is: a control character or half of a surrogate pair. */
    public static boolean hasControlCharacter(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= ' ' && c < 0x7F) {
                continue;
            }
            // Lone surrogates can't be written as UTF-8 and would come out as another string.
            if (Character.isISOControl(c) || isLoneSurrogate(text, i)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isLoneSurrogate(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }
}
