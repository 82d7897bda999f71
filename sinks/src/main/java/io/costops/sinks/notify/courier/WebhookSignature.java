package io.costops.sinks.notify.courier;

import io.costops.schemas.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256 over {@code id.timestamp.body}, as Standard Webhooks writes it: {@code v1,<base64>}. */
public final class WebhookSignature {
    private static final String ALGORITHM = "HmacSHA256";

    /** Marks a key that is given in base64. */
    private static final String ENCODED = "whsec_";

    private final SecretKeySpec key;

    public WebhookSignature(Secret secret) {
        String text = secret.reveal();
        byte[] bytes;
        try {
            bytes = text.startsWith(ENCODED)
                    ? Base64.getDecoder().decode(text.substring(ENCODED.length()))
                    : text.getBytes(StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // Not base64 after all; the message of the exception would show a part of it.
            bytes = text.getBytes(StandardCharsets.UTF_8);
        }
        this.key = new SecretKeySpec(bytes, ALGORITHM);
    }

    public String of(String id, long epochSeconds, String body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            byte[] signed = mac.doFinal((id + "." + epochSeconds + "." + body).getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(signed);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
