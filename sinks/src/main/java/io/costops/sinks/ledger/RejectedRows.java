package io.costops.sinks.ledger;

import static io.costops.sinks.rowbinary.Column.blob;
import static io.costops.sinks.rowbinary.Column.blobMap;
import static io.costops.sinks.rowbinary.Column.int32;
import static io.costops.sinks.rowbinary.Column.int64;
import static io.costops.sinks.rowbinary.Column.nullableBlob;
import static io.costops.sinks.rowbinary.Column.text;
import static io.costops.sinks.rowbinary.Column.time;
import static io.costops.sinks.rowbinary.Column.word;

import io.costops.schemas.avro.RejectedUsage;
import io.costops.sinks.rowbinary.RowBuffer;
import io.costops.sinks.rowbinary.RowFormat;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Rejected records as rows of the table {@code rejected_usage}; migration V003 says what each column means. */
final class RejectedRows {
    static final String TABLE = "rejected_usage";

    private RejectedRows() {}

    static RowFormat<RejectedUsage> format() {
        return new RowFormat<>(
                TABLE,
                List.of(
                        time("rejected_at", RejectedUsage::getRejectedAt),
                        time("received_at", rejected -> clamped(rejected.getReceivedAt())),
                        word("reason", rejected -> rejected.getReason().name().toLowerCase(Locale.ROOT)),
                        text("field", RejectedUsage::getField),
                        text("message", RejectedUsage::getMessage),
                        word("stage", RejectedUsage::getStage),
                        word("tenant", RejectedUsage::getTenant),
                        word("source_kind", RejectedUsage::getSourceKind),
                        text("event_id", RejectedUsage::getEventId),
                        blob("original", rejected -> bytes(rejected.getOriginal())),
                        nullableBlob("original_key", rejected -> bytesOrNull(rejected.getOriginalKey())),
                        blobMap("headers", rejected -> bytes(rejected.getHeaders())),
                        word("src_topic", rejected -> rejected.getOrigin().getTopic()),
                        int32("src_partition", rejected -> rejected.getOrigin().getPartition()),
                        int64("src_offset", rejected -> rejected.getOrigin().getOffset()),
                        text("src_element", rejected -> rejected.getOrigin().getElement())),
                rejected -> "the rejected record " + rejected.getOrigin().getTopic() + "-"
                        + rejected.getOrigin().getPartition() + " offset "
                        + rejected.getOrigin().getOffset());
    }

    /** A reject is kept whatever is wrong with it, the sender's clock too. */
    private static Instant clamped(Instant time) {
        if (time.isBefore(Instant.EPOCH)) {
            return Instant.EPOCH;
        }
        return time.isBefore(RowBuffer.MAX_TIME) ? time : RowBuffer.MAX_TIME.minusSeconds(1);
    }

    private static byte @Nullable [] bytesOrNull(@Nullable ByteBuffer buffer) {
        return buffer == null ? null : bytes(buffer);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static Map<String, byte[]> bytes(Map<String, ByteBuffer> headers) {
        return headers.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, header -> bytes(header.getValue())));
    }
}
