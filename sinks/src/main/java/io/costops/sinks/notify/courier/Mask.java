package io.costops.sinks.notify.courier;

import io.costops.schemas.config.Secret;
import io.costops.sinks.notify.message.PlainText;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Takes a receiver's secrets out of what it says: a server may echo what it was sent. */
final class Mask {
    private static final int MOST_SAID = 300;

    /** Shorter pieces would blot out harmless text, and give nobody access. */
    private static final int LEAST_SECRET = 4;

    private final List<String> secrets;

    private Mask(List<String> secrets) {
        this.secrets = secrets.stream()
                .filter(secret -> secret.length() >= LEAST_SECRET)
                .sorted(Comparator.comparing(String::length).reversed())
                .toList();
    }

    static Mask of(Secret... secrets) {
        List<String> texts = new ArrayList<>();
        for (Secret secret : secrets) {
            texts.add(secret.reveal());
        }
        return new Mask(texts);
    }

    /** Of an address everything after the host is taken for secret. */
    static Mask ofAddress(URI url, Secret... secrets) {
        List<String> texts = new ArrayList<>(Mask.of(secrets).secrets);
        texts.add(url.toString());
        if (url.getRawUserInfo() != null) {
            texts.add(url.getRawUserInfo());
        }
        if (url.getRawQuery() != null) {
            texts.add(url.getRawQuery());
        }
        if (url.getRawPath() != null) {
            texts.add(url.getRawPath());
            texts.addAll(List.of(url.getRawPath().split("/")));
        }
        return new Mask(texts);
    }

    /** One line, cut. */
    String of(String said) {
        String masked = said;
        for (String secret : secrets) {
            masked = masked.replace(secret, "******");
        }
        return PlainText.line(masked, MOST_SAID);
    }
}
