package io.costops.ingest.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Strict UTF-8, by table 3-7 of the Unicode standard.
 *
 * <p>Jackson lets overlong forms and encoded surrogates through, which would come out as another string than went in.
 */
final class Utf8 {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NOT_ASCII = 0x8080808080808080L;

    private Utf8() {}

    /** Offset of the first byte that is not well-formed, or -1. */
    static int firstError(byte[] bytes) {
        int i = 0;
        int length = bytes.length;
        // Most records are ASCII from end to end: four words at a time.
        while (i <= length - 4 * Long.BYTES
                && (((long) LONGS.get(bytes, i)
                                        | (long) LONGS.get(bytes, i + Long.BYTES)
                                        | (long) LONGS.get(bytes, i + 2 * Long.BYTES)
                                        | (long) LONGS.get(bytes, i + 3 * Long.BYTES))
                                & NOT_ASCII)
                        == 0) {
            i += 4 * Long.BYTES;
        }
        while (i < length) {
            if (i + Long.BYTES <= length && ((long) LONGS.get(bytes, i) & NOT_ASCII) == 0) {
                i += Long.BYTES;
                continue;
            }
            int width = width(bytes, i);
            if (width == 0) {
                return i;
            }
            i += width;
        }
        return -1;
    }

    /** Bytes of the well-formed sequence that begins there, or 0. */
    private static int width(byte[] bytes, int i) {
        int first = bytes[i] & 0xFF;
        if (first < 0x80) {
            return 1;
        } else if (first < 0xC2) {
            return 0;
        } else if (first < 0xE0) {
            return continues(bytes, i + 1, 0x80, 0xBF) ? 2 : 0;
        } else if (first < 0xF0) {
            int low = first == 0xE0 ? 0xA0 : 0x80;
            int high = first == 0xED ? 0x9F : 0xBF;
            return continues(bytes, i + 1, low, high) && continues(bytes, i + 2, 0x80, 0xBF) ? 3 : 0;
        } else if (first < 0xF5) {
            int low = first == 0xF0 ? 0x90 : 0x80;
            int high = first == 0xF4 ? 0x8F : 0xBF;
            return continues(bytes, i + 1, low, high)
                            && continues(bytes, i + 2, 0x80, 0xBF)
                            && continues(bytes, i + 3, 0x80, 0xBF)
                    ? 4
                    : 0;
        }
        return 0;
    }

    private static boolean continues(byte[] bytes, int i, int low, int high) {
        return i < bytes.length && (bytes[i] & 0xFF) >= low && (bytes[i] & 0xFF) <= high;
    }
}
