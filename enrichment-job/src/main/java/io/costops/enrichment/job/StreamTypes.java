package io.costops.enrichment.job;

import io.costops.enrichment.position.Claim;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Period;
import io.costops.schemas.avro.Position;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.RejectedUsage;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/**
 * How the job's types are written to state and between tasks, told one by one: nothing is left to be guessed and so to
 * fall back to Kryo. Records and Avro types both may gain fields and still read their old state.
 */
final class StreamTypes {
    static final TypeInformation<PriceRevision> PRICE_REVISION = new AvroType<>(PriceRevision.class);
    static final TypeInformation<AttributionRule> ATTRIBUTION_RULE = new AvroType<>(AttributionRule.class);
    static final TypeInformation<Period> PERIOD = new AvroType<>(Period.class);
    static final TypeInformation<Position> POSITION = new AvroType<>(Position.class);
    static final TypeInformation<LedgerEntry> LEDGER_ENTRY = new AvroType<>(LedgerEntry.class);
    static final TypeInformation<RejectedUsage> REJECTED_USAGE = new AvroType<>(RejectedUsage.class);

    static final TypeInformation<SourceRecord> SOURCE_RECORD = Types.POJO(
            SourceRecord.class,
            Map.of(
                    "topic", Types.STRING,
                    "partition", Types.INT,
                    "offset", Types.LONG,
                    "timestampMillis", Types.LONG,
                    "key", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO,
                    "value", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO,
                    "headers", Types.MAP(Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)));

    static final TypeInformation<UsageRecord> USAGE_RECORD =
            Types.POJO(UsageRecord.class, Map.of("eventId", Types.STRING, "record", SOURCE_RECORD));

    static final TypeInformation<BookUpdate> BOOK_UPDATE = Types.POJO(
            BookUpdate.class,
            Map.of(
                    "book",
                    Types.ENUM(Book.class),
                    "partition",
                    Types.INT,
                    "offset",
                    Types.LONG,
                    "key",
                    Types.STRING,
                    "price",
                    PRICE_REVISION,
                    "rule",
                    ATTRIBUTION_RULE,
                    "period",
                    PERIOD));

    static final TypeInformation<MemoryState> MEMORY = Types.POJO(
            MemoryState.class,
            Map.of(
                    "touchedAtMillis", Types.LONG,
                    "revision", Types.LONG,
                    "claim", Types.ENUM(Claim.class),
                    "unitsHigh", Types.LONG,
                    "unitsLow", Types.LONG,
                    "nextSequence", Types.INT,
                    "others", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));

    private StreamTypes() {}
}
