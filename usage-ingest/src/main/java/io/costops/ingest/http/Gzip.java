package io.costops.ingest.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/** Takes gzip off a body, never beyond a bound: a few bytes can stand for gigabytes. */
final class Gzip {
    private static final int FIRST_CAPACITY = 64 * 1024;

    /** What became of a compressed body. */
    sealed interface Inflated {
        record Whole(Body body) implements Inflated {}

        enum Not implements Inflated {
            TOO_LARGE,
            NO_MEMORY
        }

        record Broken(String why) implements Inflated {}
    }

    private Gzip() {}

    /**
     * Inflates.
     *
     * @param held bytes that the reservation holds already
     */
    static Inflated gunzip(Body compressed, int maxBytes, MemoryBudget.Reservation memory, long held) {
        byte[] inflated = new byte[0];
        int length = 0;
        try (GZIPInputStream in =
                new GZIPInputStream(new ByteArrayInputStream(compressed.bytes(), 0, compressed.length()), 8_192)) {
            while (true) {
                if (length == inflated.length) {
                    if (length == maxBytes) {
                        return in.read() < 0 ? new Inflated.Whole(new Body(inflated, length)) : Inflated.Not.TOO_LARGE;
                    }
                    int capacity = (int) Math.min(maxBytes, Math.max(FIRST_CAPACITY, 2L * length));
                    if (!memory.hold(held + capacity)) {
                        return Inflated.Not.NO_MEMORY;
                    }
                    inflated = Arrays.copyOf(inflated, capacity);
                }
                int read = in.read(inflated, length, inflated.length - length);
                if (read < 0) {
                    return new Inflated.Whole(new Body(inflated, length));
                }
                length += read;
            }
        } catch (IOException e) {
            return new Inflated.Broken(String.valueOf(e.getMessage()));
        }
    }
}
