package io.costops.ingest.http;

/** The bytes of a body, in an array that may be longer than they are. */
final class Body {
    private final byte[] bytes;
    private final int length;

    Body(byte[] bytes, int length) {
        this.bytes = bytes;
        this.length = length;
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }
}
