package io.costops.ingest.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Header values beyond ASCII: sent as UTF-8 by today's clients, handed over as Latin-1 by the server. */
final class HeaderText {
    private HeaderText() {}

    /** The text whose UTF-8 bytes were read as Latin-1; as it stands if they weren't UTF-8. */
    static String utf8(String value) {
        boolean ascii = value.chars().allMatch(c -> c < 0x80);
        boolean latin1 = value.chars().allMatch(c -> c < 0x100);
        return ascii || !latin1
                ? value
                : strictUtf8(value.getBytes(StandardCharsets.ISO_8859_1)).orElse(value);
    }

    /** The text; empty if the bytes aren't UTF-8. */
    static Optional<String> strictUtf8(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
