package io.costops.ingest.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/**
 * The names that members have, found by their bytes without decoding them. Thread-safe, and bounded whatever is sent.
 *
 * <p>Two places for each hash, the newer name first: a flood of made-up names pushes the usual ones out for a moment and no
 * longer. A thread that misses another's write makes the same name again.
 */
final class JsonNames {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** A power of two, several times the names that payloads use. */
    private static final int BITS = 12;

    private static final int SIZE = 1 << BITS;

    /** Longer names are nobody's usual ones. */
    private static final int MAX_KEPT_LENGTH = 64;

    /** Members of the outermost object below which content is skipped: payloads, not the envelope around them. */
    private static final Set<String> PAYLOADS = Set.of("payload", "raw", "data");

    /** Members that carry content, in any provider's payload, and never a count. */
    private static final Set<String> CONTENT = Set.of(
            "content",
            "text",
            "texts",
            "parts",
            "messages",
            "prompt",
            "input",
            "instructions",
            "refusal",
            "logprobs",
            "arguments",
            "parameters",
            "tool_calls",
            "thinking",
            "reasoning_content",
            "embedding",
            "embeddings",
            "b64_json",
            "inputBodyJson",
            "content_filter_results",
            "prompt_filter_results",
            "groundingChunks",
            "groundingSupports",
            "search_results");

    private final Name[] kept = new Name[SIZE];

    /** A name and what is known of it; immutable, so that it may be seen by any thread. */
    static final class Name {
        private final String text;
        private final byte[] bytes;
        private final int length;
        private final long head;
        private final long tail;
        /** What stands between the two ends of a name of up to thirty-two bytes. */
        private final long second;

        private final long lastButOne;
        private final boolean isContent;
        private final boolean isPayload;

        Name(String text, byte[] bytes) {
            this.text = text.intern();
            this.bytes = bytes;
            this.length = bytes.length;
            this.head = JsonNames.head(bytes, 0, bytes.length);
            this.tail = JsonNames.tail(bytes, 0, bytes.length);
            boolean isLong = bytes.length > 2 * Long.BYTES;
            this.second = isLong ? (long) LONGS.get(bytes, Long.BYTES) : 0;
            this.lastButOne = isLong ? (long) LONGS.get(bytes, bytes.length - 2 * Long.BYTES) : 0;
            this.isContent = CONTENT.contains(text);
            this.isPayload = PAYLOADS.contains(text);
        }

        /** Up to sixteen bytes the two ends are all of it, up to thirty-two the two words beside them are the rest. */
        boolean isSpelt(long itsHead, long itsTail, byte[] source, int from, int to) {
            return head == itsHead
                    && tail == itsTail
                    && length == to - from
                    && (length <= 2 * Long.BYTES || isSpeltWithin(source, from, to));
        }

        private boolean isSpeltWithin(byte[] source, int from, int to) {
            return second == (long) LONGS.get(source, from + Long.BYTES)
                    && lastButOne == (long) LONGS.get(source, to - 2 * Long.BYTES)
                    && (length <= 4 * Long.BYTES || Arrays.equals(bytes, 0, length, source, from, to));
        }

        /** Interned: {@link JsonObject} compares identities. */
        String text() {
            return text;
        }

        /** What people and models said to each other: most of the bytes, and never priced. */
        boolean isContent() {
            return isContent;
        }

        boolean isPayload() {
            return isPayload;
        }
    }

    /** The name that these bytes, all of them ASCII, spell. */
    Name find(byte[] source, int from, int to) {
        long head = head(source, from, to);
        long tail = tail(source, from, to);
        int place = place(head, tail, to - from);
        Name first = kept[place];
        if (first != null && first.isSpelt(head, tail, source, from, to)) {
            return first;
        }
        Name second = kept[place ^ 1];
        if (second != null && second.isSpelt(head, tail, source, from, to)) {
            return second;
        }
        byte[] bytes = Arrays.copyOfRange(source, from, to);
        Name name = new Name(new String(bytes, StandardCharsets.ISO_8859_1), bytes);
        if (bytes.length <= MAX_KEPT_LENGTH) {
            kept[place ^ 1] = first;
            kept[place] = name;
        }
        return name;
    }

    /** The first eight bytes, or as many as there are. */
    private static long head(byte[] source, int from, int to) {
        int length = to - from;
        if (length >= Long.BYTES) {
            return (long) LONGS.get(source, from);
        }
        if (from <= source.length - Long.BYTES) {
            return (long) LONGS.get(source, from) & ((1L << (length * Byte.SIZE)) - 1);
        }
        long head = 0;
        for (int i = to - 1; i >= from; i--) {
            head = (head << Byte.SIZE) | source[i];
        }
        return head;
    }

    /** The last eight bytes, 0 if there are fewer. */
    private static long tail(byte[] source, int from, int to) {
        return to - from >= Long.BYTES ? (long) LONGS.get(source, to - Long.BYTES) : 0;
    }

    private static int place(long head, long tail, int length) {
        long hash = (head * 0x9E3779B97F4A7C15L + Long.rotateLeft(tail, 29) + length) * 0xC2B2AE3D27D4EB4FL;
        return (int) (hash >>> (Long.SIZE - BITS));
    }

    /** A name that was spelt in an unusual way; it may be a usual one all the same. */
    Name uncommon(String text) {
        return new Name(text, new byte[0]);
    }
}
