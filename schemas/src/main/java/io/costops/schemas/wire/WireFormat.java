package io.costops.schemas.wire;

import java.nio.ByteBuffer;

/** Confluent's framing: a zero byte, the schema id in four bytes (big-endian), then the Avro binary. */
public final class WireFormat {
    public static final int HEADER_BYTES = 5;
    private static final byte MAGIC = 0;

    private WireFormat() {}

    public static boolean isFramed(byte[] message) {
        return message.length >= HEADER_BYTES && message[0] == MAGIC;
    }

    public static int schemaId(byte[] message) {
        return ByteBuffer.wrap(message, 1, Integer.BYTES).getInt();
    }

    static void writeHeader(byte[] target, int schemaId) {
        ByteBuffer.wrap(target).put(MAGIC).putInt(schemaId);
    }
}
