package io.costops.infra.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The records in a file: the lines of NDJSON, or the elements of a JSON array.
 *
 * <p>Each comes as the very bytes of the file. Writing them anew could change a number's digits, and a record that isn't JSON
 * must reach the topic as it was to be kept there.
 */
final class RecordFile {

    private static final int PEEK_BYTES = 8192;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(1000)
                    .maxNumberLength(10_000)
                    .build())
            .build();

    /** A longer record can't be published, so no more of it is kept than shows that. */
    private final int longestBytes;

    /** One record, where it stands, and why it is not a JSON object, if it isn't. */
    static final class Entry {
        private final long place;
        private final byte[] bytes;
        private final Optional<String> problem;
        private final boolean tooLong;

        private Entry(long place, byte[] bytes, Optional<String> problem, boolean tooLong) {
            this.place = place;
            this.bytes = bytes;
            this.problem = problem;
            this.tooLong = tooLong;
        }

        /** The line in NDJSON, the element in an array, from 1. */
        long place() {
            return place;
        }

        /** As they stand in the file; of a record that is too long only the beginning. */
        byte[] bytes() {
            return bytes;
        }

        Optional<String> problem() {
            return problem;
        }

        boolean isTooLong() {
            return tooLong;
        }
    }

    RecordFile(int longestBytes) {
        this.longestBytes = longestBytes;
    }

    /** Reads to the end; memory is bounded by the longest record. */
    void read(InputStream input, Consumer<Entry> consumer) throws IOException {
        BufferedInputStream in = new BufferedInputStream(input, 1 << 16);
        if (firstByte(in) == '[') {
            readArray(in, consumer);
        } else {
            readLines(in, consumer);
        }
    }

    /** The first byte that isn't blank, or -1; of the input only a byte order mark is taken. */
    private static int firstByte(BufferedInputStream in) throws IOException {
        in.mark(PEEK_BYTES);
        if (in.read() == 0xEF && in.read() == 0xBB && in.read() == 0xBF) {
            in.mark(PEEK_BYTES);
        } else {
            in.reset();
        }
        int next = in.read();
        for (int seen = 1; isBlank(next) && seen < PEEK_BYTES; seen++) {
            next = in.read();
        }
        in.reset();
        return next;
    }

    private void readLines(InputStream in, Consumer<Entry> consumer) throws IOException {
        long line = 0;
        int next;
        do {
            Bytes bytes = new Bytes();
            next = in.read();
            while (next >= 0 && next != '\n') {
                bytes.add(next);
                next = in.read();
            }
            line++;
            if (!bytes.isBlank()) {
                consumer.accept(entry(line, bytes));
            }
        } while (next >= 0);
    }

    private void readArray(InputStream in, Consumer<Entry> consumer) throws IOException {
        while (in.read() != '[') {
            // Blanks; the bracket is known to come.
        }
        long element = 0;
        int next;
        do {
            Bytes bytes = new Bytes();
            next = readElement(in, bytes);
            if (!bytes.isBlank()) {
                consumer.accept(entry(++element, bytes));
            }
        } while (next == ',');
        if (next < 0) {
            throw new IOException("the JSON array is not closed: the file ends after element " + element);
        }
    }

    /** Up to the comma or bracket that ends the element, which is returned, or -1 at the end of the file. */
    private static int readElement(InputStream in, Bytes bytes) throws IOException {
        int depth = 0;
        boolean text = false;
        boolean escaped = false;
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (text) {
                text = escaped || next != '"';
                escaped = !escaped && next == '\\';
            } else if (next == '"') {
                text = true;
            } else if (next == '{' || next == '[') {
                depth++;
            } else if (depth == 0 && (next == ',' || next == ']')) {
                return next;
            } else if (next == '}' || next == ']') {
                depth--;
            }
            bytes.add(next);
        }
        return -1;
    }

    private Entry entry(long place, Bytes bytes) {
        byte[] kept = bytes.trimmed();
        return bytes.isTooLong()
                ? new Entry(place, kept, Optional.of(tooLong(bytes)), true)
                : new Entry(place, kept, problem(kept), false);
    }

    private String tooLong(Bytes bytes) {
        return bytes.seen + " bytes, more than the " + longestBytes + " that the topic takes";
    }

    private static Optional<String> problem(byte[] bytes) {
        try (JsonParser parser = JSON.createParser(bytes)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.of("not a JSON object");
            }
            parser.skipChildren();
            return parser.nextToken() == null ? Optional.empty() : Optional.of("more than one JSON object");
        } catch (JsonParseException e) {
            return Optional.of("not JSON: " + e.getOriginalMessage() + " (column "
                    + e.getLocation().getColumnNr() + ")");
        } catch (IOException e) {
            return Optional.of("not JSON: " + e.getMessage());
        }
    }

    private static boolean isBlank(int next) {
        return next == ' ' || next == '\t' || next == '\r' || next == '\n';
    }

    /** A record while it is read: of one that is too long only the beginning is kept. */
    private final class Bytes {
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        private long seen;
        private boolean blank = true;

        void add(int next) {
            seen++;
            blank &= RecordFile.isBlank(next);
            if (kept.size() <= longestBytes) {
                kept.write(next);
            }
        }

        boolean isBlank() {
            return blank;
        }

        boolean isTooLong() {
            return kept.size() > longestBytes;
        }

        byte[] trimmed() {
            byte[] all = kept.toByteArray();
            int from = 0;
            int to = all.length;
            while (from < to && RecordFile.isBlank(all[from])) {
                from++;
            }
            while (to > from && RecordFile.isBlank(all[to - 1])) {
                to--;
            }
            return Arrays.copyOfRange(all, from, to);
        }
    }
}
