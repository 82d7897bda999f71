package io.costops.ingest.http;

import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Takes gzip (RFC 1952) off a body, never beyond a bound: a few bytes can stand for gigabytes.
 *
 * <p>The JDK's own stream calls itself for each further member, so that a body of many empty ones ends its thread, and it
 * passes over whatever follows the last member.
 */
final class Gzip {
    private static final int FIRST_CAPACITY = 64 * 1024;

    private static final int MAGIC = 0x8B1F;
    private static final int DEFLATE = 8;
    private static final int FIXED_HEADER_BYTES = 10;
    private static final int TRAILER_BYTES = 8;

    private static final int HAS_HEADER_CHECKSUM = 1 << 1;
    private static final int HAS_EXTRA = 1 << 2;
    private static final int HAS_NAME = 1 << 3;
    private static final int HAS_COMMENT = 1 << 4;
    private static final int RESERVED_FLAGS = 0xE0;

    private final byte[] compressed;
    private final int compressedLength;
    private final int maxBytes;
    private final MemoryBudget.Reservation memory;
    private final long held;
    private int at;
    private byte[] inflated = new byte[0];
    private int length;

    /** What became of a compressed body. */
    sealed interface Inflated {
        record Whole(Body body) implements Inflated {}

        enum Not implements Inflated {
            TOO_LARGE,
            NO_MEMORY
        }

        record Broken(String why) implements Inflated {}
    }

    /** Ends the reading; has no stack, since anyone may send it as fast as they like. */
    @SuppressWarnings("serial") // thrown and caught here
    private static final class Unusable extends Exception {
        private final Inflated outcome;

        Unusable(Inflated outcome) {
            super(null, null, false, false);
            this.outcome = outcome;
        }
    }

    private Gzip(Body body, int maxBytes, MemoryBudget.Reservation memory, long held) {
        this.compressed = body.bytes();
        this.compressedLength = body.length();
        this.maxBytes = maxBytes;
        this.memory = memory;
        this.held = held;
    }

    /**
     * Inflates.
     *
     * @param held bytes that the reservation holds already
     */
    static Inflated gunzip(Body body, int maxBytes, MemoryBudget.Reservation memory, long held) {
        Gzip gzip = new Gzip(body, maxBytes, memory, held);
        Inflater inflater = new Inflater(true);
        try {
            do {
                gzip.member(inflater);
            } while (gzip.at < gzip.compressedLength);
            return new Inflated.Whole(new Body(gzip.inflated, gzip.length));
        } catch (Unusable unusable) {
            return unusable.outcome;
        } finally {
            inflater.end();
        }
    }

    private void member(Inflater inflater) throws Unusable {
        header();
        int from = length;
        inflater.reset();
        inflater.setInput(compressed, at, compressedLength - at);
        while (!inflater.finished()) {
            if (length == inflated.length && length < maxBytes) {
                grow();
            }
            int made = inflate(inflater);
            length += made;
            if (made == 0 && !inflater.finished()) {
                throw length == maxBytes && !inflater.needsInput()
                        ? new Unusable(Inflated.Not.TOO_LARGE)
                        : broken("it ends too early");
            }
        }
        at = compressedLength - inflater.getRemaining();
        trailer(from);
    }

    private int inflate(Inflater inflater) throws Unusable {
        try {
            return inflater.inflate(inflated, length, inflated.length - length);
        } catch (DataFormatException e) {
            throw broken(e.getMessage() == null ? "its data is corrupt" : e.getMessage());
        }
    }

    private void grow() throws Unusable {
        int capacity = (int) Math.min(maxBytes, Math.max(FIRST_CAPACITY, 2L * length));
        if (!memory.hold(held + capacity)) {
            throw new Unusable(Inflated.Not.NO_MEMORY);
        }
        inflated = Arrays.copyOf(inflated, capacity);
    }

    private void header() throws Unusable {
        need(FIXED_HEADER_BYTES);
        int flags = compressed[at + 3] & 0xFF;
        if (unsignedShort(at) != MAGIC) {
            throw broken(at == 0 ? "it does not begin as gzip does" : "something follows it that is not gzip");
        }
        if (compressed[at + 2] != DEFLATE || (flags & RESERVED_FLAGS) != 0) {
            throw broken("its compression is not known");
        }
        at += FIXED_HEADER_BYTES;
        if ((flags & HAS_EXTRA) != 0) {
            need(2);
            skip(2 + unsignedShort(at));
        }
        if ((flags & HAS_NAME) != 0) {
            skipText();
        }
        if ((flags & HAS_COMMENT) != 0) {
            skipText();
        }
        if ((flags & HAS_HEADER_CHECKSUM) != 0) {
            skip(2);
        }
    }

    private void trailer(int from) throws Unusable {
        need(TRAILER_BYTES);
        CRC32 checksum = new CRC32();
        checksum.update(inflated, from, length - from);
        if (unsignedInt(at) != checksum.getValue() || unsignedInt(at + 4) != length - from) {
            throw broken("its checksum does not fit its data");
        }
        at += TRAILER_BYTES;
    }

    private void skipText() throws Unusable {
        while (at < compressedLength && compressed[at] != 0) {
            at++;
        }
        skip(1);
    }

    private void skip(int bytes) throws Unusable {
        need(bytes);
        at += bytes;
    }

    private void need(int bytes) throws Unusable {
        if (compressedLength - at < bytes) {
            throw broken("it ends too early");
        }
    }

    private int unsignedShort(int from) {
        return (compressed[from] & 0xFF) | (compressed[from + 1] & 0xFF) << 8;
    }

    private long unsignedInt(int from) {
        return unsignedShort(from) | (long) unsignedShort(from + 2) << 16;
    }

    private static Unusable broken(String why) {
        return new Unusable(new Inflated.Broken(why));
    }
}
