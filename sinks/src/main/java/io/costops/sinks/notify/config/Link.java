package io.costops.sinks.notify.config;

import io.costops.schemas.avro.Alert;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * An address to look further at, made for each alert.
 *
 * @param text what it is called
 * @param template with {@code {tenant}} and {@code {incident}}, which are percent-encoded
 */
public record Link(String text, String template) {
    private static final int MOST = 1_000;

    /** Empty where it would be longer than the receivers take. */
    public Optional<String> of(Alert alert) {
        String address = template.replace("{tenant}", encoded(alert.getTenant() == null ? "" : alert.getTenant()))
                .replace("{incident}", encoded(alert.getIncidentId()));
        return address.length() > MOST ? Optional.empty() : Optional.of(address);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
