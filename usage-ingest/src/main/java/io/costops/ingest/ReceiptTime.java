package io.costops.ingest;

import java.time.Clock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** A record's own time stamp; now, for a record of a producer that sets none, which must not stop the stream. */
final class ReceiptTime implements TimestampExtractor {
    private final Clock clock;

    ReceiptTime(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        return record.timestamp() >= 0 ? record.timestamp() : clock.millis();
    }
}
