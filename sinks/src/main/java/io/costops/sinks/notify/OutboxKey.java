package io.costops.sinks.notify;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;

/**
 * A notification's place in the outbox: the receiver, then the alert's offset in its partition, so that a receiver's
 * notifications stand together and in the order of the alerts.
 */
record OutboxKey(String receiver, long offset) {
    /** Smaller than any character of a receiver's name. */
    private static final byte END_OF_NAME = 0;

    Bytes bytes() {
        byte[] name = receiver.getBytes(StandardCharsets.UTF_8);
        return Bytes.wrap(ByteBuffer.allocate(name.length + 1 + Long.BYTES)
                .put(name)
                .put(END_OF_NAME)
                .putLong(offset)
                .array());
    }

    static OutboxKey of(Bytes key) {
        byte[] bytes = key.get();
        int nameLength = bytes.length - 1 - Long.BYTES;
        return new OutboxKey(
                new String(bytes, 0, nameLength, StandardCharsets.UTF_8),
                ByteBuffer.wrap(bytes).getLong(nameLength + 1));
    }
}
