package io.costops.ingest.http;

/** The value of a record of {@code usage.raw}; never changed once it is made. */
public final class RawEnvelope {
    private final byte[] bytes;

    RawEnvelope(byte[] bytes) {
        this.bytes = bytes;
    }

    public byte[] bytes() {
        return bytes;
    }

    int size() {
        return bytes.length;
    }
}
