package io.costops.enrichment.job;

import io.costops.enrichment.attribution.AttributionRules;
import io.costops.enrichment.pricebook.PriceRules;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.usage.UsageRules.Violation;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells records that may enter a book from those that may not.
 *
 * <p>A record without a value removes its key, as compaction will: a job that was restored and one that starts afresh
 * hold the same books.
 */
final class BookDecoder {
    private final AvroCodec<PriceRevision> prices;
    private final AvroCodec<AttributionRule> rules;
    private final AvroCodec<Period> periods;
    private final Rejections rejections;

    BookDecoder(SchemaRegistry registry, Rejections rejections) {
        this.prices = new AvroCodec<>(PriceRevision.class, Topics.PRICES.subject(), registry);
        this.rules = new AvroCodec<>(AttributionRule.class, Topics.ATTRIBUTION.subject(), registry);
        this.periods = new AvroCodec<>(Period.class, Topics.PERIODS.subject(), registry);
        this.rejections = rejections;
    }

    /** What a record of a book's topic turned out to be. */
    sealed interface Outcome {
        record Valid(BookUpdate update) implements Outcome {}

        record Invalid(RejectedUsage rejected) implements Outcome {}
    }

    /**
     * Decodes a record.
     *
     * @throws java.io.UncheckedIOException if the registry can't be reached
     */
    Outcome decode(Book book, SourceRecord record) {
        byte[] key = record.key();
        if (key == null) {
            RejectReason reason = switch (book) {
                case PRICES -> RejectReason.INVALID_PRICE;
                case ATTRIBUTION -> RejectReason.INVALID_ATTRIBUTION;
                case PERIODS -> RejectReason.INVALID_PERIOD;
            };
            return invalid(
                    record,
                    new Violation(
                            reason,
                            "key",
                            "the record has no key, and " + book.topic() + " is kept by key: "
                                    + "publish it with its key"));
        }
        if (record.value() == null) {
            return valid(book, record, key, null, null, null);
        }
        return switch (book) {
            case PRICES -> price(record, key);
            case ATTRIBUTION -> rule(record, key);
            case PERIODS -> period(record, key);
        };
    }

    private Outcome price(SourceRecord record, byte[] key) {
        Decoded<PriceRevision> decoded = prices.decode(record.value());
        if (decoded instanceof Decoded.Value<PriceRevision> value) {
            Optional<Violation> violation = PriceRules.violation(value.record());
            return violation.isPresent()
                    ? invalid(record, violation.get())
                    : valid(Book.PRICES, record, key, value.record(), null, null);
        }
        return undecodable(record, decoded);
    }

    private Outcome rule(SourceRecord record, byte[] key) {
        Decoded<AttributionRule> decoded = rules.decode(record.value());
        if (decoded instanceof Decoded.Value<AttributionRule> value) {
            Optional<Violation> violation = AttributionRules.violation(value.record());
            return violation.isPresent()
                    ? invalid(record, violation.get())
                    : valid(Book.ATTRIBUTION, record, key, null, value.record(), null);
        }
        return undecodable(record, decoded);
    }

    private Outcome period(SourceRecord record, byte[] key) {
        Decoded<Period> decoded = periods.decode(record.value());
        if (decoded instanceof Decoded.Value<Period> value) {
            return value.record().getMonth().getDayOfMonth() == 1
                    ? valid(Book.PERIODS, record, key, null, null, value.record())
                    : invalid(
                            record,
                            new Violation(
                                    RejectReason.INVALID_PERIOD,
                                    "month",
                                    "month must be the first day of a month, but is "
                                            + value.record().getMonth()));
        }
        return undecodable(record, decoded);
    }

    private static Outcome valid(
            Book book,
            SourceRecord record,
            byte[] key,
            @Nullable PriceRevision price,
            @Nullable AttributionRule rule,
            @Nullable Period period) {
        return new Outcome.Valid(new BookUpdate(
                book,
                record.partition(),
                record.offset(),
                new String(key, StandardCharsets.ISO_8859_1),
                price,
                rule,
                period));
    }

    private Outcome invalid(SourceRecord record, Violation violation) {
        return new Outcome.Invalid(rejections.invalid(record, violation));
    }

    private Outcome undecodable(SourceRecord record, Decoded<?> decoded) {
        return new Outcome.Invalid(rejections.undecodable(record, (Decoded.Undecodable<?>) decoded));
    }
}
