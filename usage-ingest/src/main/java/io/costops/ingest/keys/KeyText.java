package io.costops.ingest.keys;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a key: {@code cok_<id>_<secret>}.
 *
 * <p>The prefix lets scanners find a leaked key; the id finds its entry, so that only one hash is compared.
 */
record KeyText(String id, String text) {
    private static final int ID_BYTES = 6;
    private static final int SECRET_BYTES = 32;
    private static final Pattern FORM = Pattern.compile("cok_([0-9a-f]{12})_[0-9a-f]{64}");

    static KeyText random(SecureRandom random) {
        String id = hex(random, ID_BYTES);
        return new KeyText(id, "cok_" + id + "_" + hex(random, SECRET_BYTES));
    }

    static Optional<KeyText> parse(String presented) {
        Matcher form = FORM.matcher(presented);
        return form.matches() ? Optional.of(new KeyText(form.group(1), presented)) : Optional.empty();
    }

    private static String hex(SecureRandom random, int bytes) {
        byte[] drawn = new byte[bytes];
        random.nextBytes(drawn);
        return HexFormat.of().formatHex(drawn);
    }

    /** Only the public part: the secret must not reach a log. */
    @Override
    public String toString() {
        return "cok_" + id + "_******";
    }
}
