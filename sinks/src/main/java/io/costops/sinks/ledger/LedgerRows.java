package io.costops.sinks.ledger;

import static io.costops.sinks.rowbinary.Column.date;
import static io.costops.sinks.rowbinary.Column.decimals;
import static io.costops.sinks.rowbinary.Column.int32;
import static io.costops.sinks.rowbinary.Column.int64;
import static io.costops.sinks.rowbinary.Column.nullableBlob;
import static io.costops.sinks.rowbinary.Column.nullableDecimal;
import static io.costops.sinks.rowbinary.Column.nullableDecimals;
import static io.costops.sinks.rowbinary.Column.nullableFloat64;
import static io.costops.sinks.rowbinary.Column.nullableInt32;
import static io.costops.sinks.rowbinary.Column.nullableInt64;
import static io.costops.sinks.rowbinary.Column.text;
import static io.costops.sinks.rowbinary.Column.textMap;
import static io.costops.sinks.rowbinary.Column.time;
import static io.costops.sinks.rowbinary.Column.word;
import static io.costops.sinks.rowbinary.Column.words;

import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.sinks.rowbinary.RowFormat;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Ledger entries as rows of the table {@code ledger}; migration V001 says what each column means. */
final class LedgerRows {
    static final String TABLE = "ledger";

    private LedgerRows() {}

    static RowFormat<LedgerEntry> format() {
        return new RowFormat<>(
                TABLE,
                List.of(
                        text("entry_id", LedgerEntry::getEntryId),
                        text("event_id", LedgerEntry::getEventId),
                        int64("revision", LedgerEntry::getRevision),
                        int32("sequence", LedgerEntry::getSequence),
                        word("kind", entry -> kind(entry.getKind())),
                        word("status", entry -> status(entry.getStatus())),
                        time("event_time", LedgerEntry::getEventTime),
                        date("billing_period", LedgerEntry::getBillingPeriod),
                        time("recorded_at", LedgerEntry::getRecordedAt),
                        time("received_at", LedgerEntry::getReceivedAt),
                        word("tenant", entry -> entry.getDimensions().getTenant()),
                        word("department", entry -> entry.getDimensions().getDepartment()),
                        word("project", entry -> entry.getDimensions().getProject()),
                        word("team", entry -> entry.getDimensions().getTeam()),
                        word("cost_center", entry -> entry.getDimensions().getCostCenter()),
                        word("environment", entry -> entry.getDimensions().getEnvironment()),
                        word("workload_type", entry -> entry.getDimensions().getWorkloadType()),
                        word("feature", entry -> entry.getDimensions().getFeature()),
                        text("user", entry -> entry.getDimensions().getUser()),
                        word("api_key_id", entry -> entry.getDimensions().getApiKeyId()),
                        text("session", entry -> entry.getDimensions().getSession()),
                        text("agent_run", entry -> entry.getDimensions().getAgentRun()),
                        nullableInt64(
                                "agent_step", entry -> entry.getDimensions().getAgentStep()),
                        word("source_kind", LedgerEntry::getSourceKind),
                        word("gateway", LedgerEntry::getGateway),
                        word("provider", LedgerEntry::getProvider),
                        word("model", LedgerEntry::getModel),
                        word("region", LedgerEntry::getRegion),
                        word("service_tier", LedgerEntry::getServiceTier),
                        int32("requests", LedgerEntry::getRequests),
                        int64("input_tokens", LedgerEntry::getInputTokens),
                        int64("output_tokens", LedgerEntry::getOutputTokens),
                        nullableDecimal("list_cost", LedgerEntry::getListCost),
                        nullableDecimal("contracted_cost", LedgerEntry::getContractedCost),
                        nullableDecimal("billed_cost", LedgerEntry::getBilledCost),
                        nullableDecimal("effective_cost", LedgerEntry::getEffectiveCost),
                        nullableDecimal("reported_cost", LedgerEntry::getReportedCost),
                        word("pricing_currency", LedgerEntry::getPricingCurrency),
                        word("billing_currency", LedgerEntry::getBillingCurrency),
                        word("price_key", LedgerEntry::getPriceKey),
                        word("price_revision", LedgerEntry::getPriceRevision),
                        word("attribution_revision", LedgerEntry::getAttributionRevision),
                        word("exchange_rate_revision", LedgerEntry::getExchangeRateRevision),
                        word("rule_version", LedgerEntry::getRuleVersion),
                        text("reason", LedgerEntry::getReason),
                        text("request_id", LedgerEntry::getRequestId),
                        textMap("tags", LedgerEntry::getTags),
                        words("lines.meter", LedgerEntry::getLines, LedgerLine::getMeter),
                        decimals("lines.quantity", LedgerEntry::getLines, LedgerLine::getQuantity),
                        nullableDecimals("lines.list_unit_price", LedgerEntry::getLines, LedgerLine::getListUnitPrice),
                        nullableDecimals(
                                "lines.contracted_unit_price",
                                LedgerEntry::getLines,
                                LedgerLine::getContractedUnitPrice),
                        nullableDecimals("lines.list_cost", LedgerEntry::getLines, LedgerLine::getListCost),
                        nullableDecimals("lines.contracted_cost", LedgerEntry::getLines, LedgerLine::getContractedCost),
                        nullableDecimals("lines.billed_cost", LedgerEntry::getLines, LedgerLine::getBilledCost),
                        nullableDecimals("lines.effective_cost", LedgerEntry::getLines, LedgerLine::getEffectiveCost),
                        words("lines.price_field", LedgerEntry::getLines, LedgerLine::getPriceField),
                        textMap("pricing_attributes", LedgerEntry::getPricingAttributes),
                        nullableInt64("latency_ms", LedgerEntry::getLatencyMs),
                        word("outcome", LedgerEntry::getOutcome),
                        nullableInt32("attempt", LedgerEntry::getAttempt),
                        text("prompt_hash", entry -> entry.getDimensions().getPromptHash()),
                        word("experiment", entry -> entry.getDimensions().getExperiment()),
                        word("variant", entry -> entry.getDimensions().getVariant()),
                        nullableFloat64("quality", LedgerEntry::getQuality),
                        word("src_topic", entry -> entry.getOrigin().getTopic()),
                        int32("src_partition", entry -> entry.getOrigin().getPartition()),
                        int64("src_offset", entry -> entry.getOrigin().getOffset()),
                        text("src_element", entry -> entry.getOrigin().getElement()),
                        nullableInt64("cause_revision", LedgerEntry::getCauseRevision),
                        nullableBlob("record", entry -> bytes(entry.getRecord()))),
                entry -> "entry " + entry.getEntryId() + " of event " + entry.getEventId());
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static String kind(EntryKind kind) {
        if (kind == EntryKind.UNKNOWN) {
            throw newerVersion("kind");
        }
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private static String status(EntryStatus status) {
        if (status == EntryStatus.UNKNOWN) {
            throw newerVersion("status");
        }
        return status.name().toLowerCase(Locale.ROOT);
    }

    /** Avro reads a symbol that this version doesn't know as UNKNOWN; written so, the fact would be lost for good. */
    private static IllegalArgumentException newerVersion(String field) {
        return new IllegalArgumentException("the " + field
                + " is UNKNOWN: a newer version wrote the entry; upgrade the ledger writer before the enrichment job");
    }
}
