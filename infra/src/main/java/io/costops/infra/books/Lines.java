package io.costops.infra.books;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a file as bytes, in bounded memory: of a line that is too long only as much is kept as shows that it is.
 */
final class Lines {
    private static final int BUFFER_BYTES = 256 * 1024;

    /** U+FEFF in UTF-8, which some editors write at the beginning of a file and which is no part of its text. */
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final InputStream in;
    private final int maxBytes;
    private long number;

    /**
     * @param maxBytes longest line that is given whole; of a longer one, one byte more
     */
    Lines(InputStream in, int maxBytes) {
        this.in = new BufferedInputStream(in, BUFFER_BYTES);
        this.maxBytes = maxBytes;
    }

    /** The next line that isn't blank, without its end; null at the end of the file. */
    byte @Nullable [] next() throws IOException {
        if (number == 0) {
            skipByteOrderMark();
        }
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean blank = true;
        while (true) {
            int b = in.read();
            if (b < 0 && line.size() == 0) {
                return null;
            }
            if (b < 0 || b == '\n') {
                number++;
                if (!blank) {
                    return line.toByteArray();
                }
                if (b < 0) {
                    return null;
                }
                line.reset();
                continue;
            }
            blank &= b == ' ' || b == '\t' || b == '\r';
            if (line.size() <= maxBytes) {
                line.write(b);
            }
        }
    }

    private void skipByteOrderMark() throws IOException {
        in.mark(BYTE_ORDER_MARK.length);
        if (!Arrays.equals(in.readNBytes(BYTE_ORDER_MARK.length), BYTE_ORDER_MARK)) {
            in.reset();
        }
    }

    /** Number of the line that was given last, from 1. */
    long number() {
        return number;
    }
}
