package io.costops.ingest.keys;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * SHA-256 of a key.
 *
 * <p>One round without salt is enough: a key holds 256 random bits, so there is no dictionary to try (see RATIONALE.md).
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record KeyHash(String hex) {
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    public KeyHash {
        if (!SHA_256.matcher(hex).matches()) {
            throw new IllegalArgumentException("a key's sha256 must have 64 lower-case hexadecimal digits");
        }
    }

    static KeyHash of(String key) {
        return new KeyHash(HexFormat.of().formatHex(sha256(key)));
    }

    /** Takes the same time wherever the first difference is. */
    boolean matches(String presented) {
        return MessageDigest.isEqual(HexFormat.of().parseHex(hex), sha256(presented));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
