package io.costops.sinks.clickhouse;

import io.costops.sinks.clickhouse.ClickHouseException.Refused;
import io.costops.sinks.clickhouse.ClickHouseException.Unavailable;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * ClickHouse's HTTP interface. Every call can be interrupted; none is repeated here.
 *
 * <p>Thread-safe.
 */
public final class ClickHouse {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    /** ClickHouse doesn't know HTTP's own word, identity. */
    private static final String UNCOMPRESSED = "none";

    private static final int OK = 200;
    private static final int MESSAGE_LIMIT = 2_000;

    private final ClickHouseAddress address;
    private final String authorization;
    private final HttpClient http;

    public ClickHouse(ClickHouseAddress address) {
        this.address = address;
        byte[] credentials = (address.user() + ":" + address.password()).getBytes(StandardCharsets.UTF_8);
        this.authorization = "Basic " + Base64.getEncoder().encodeToString(credentials);
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    public ClickHouseAddress address() {
        return address;
    }

    /** Runs one statement and returns what it answers, tab-separated unless it names a format. */
    public String query(String sql) throws ClickHouseException, InterruptedException {
        return query(sql, Map.of());
    }

    /** Runs one statement under settings. */
    public String query(String sql, Map<String, String> settings) throws ClickHouseException, InterruptedException {
        return send(settings, BodyPublishers.ofString(sql), UNCOMPRESSED);
    }

    /**
     * Inserts a body that is already encoded.
     *
     * @param statement {@code INSERT INTO ... FORMAT ...}
     * @param contentEncoding how the body is compressed, as HTTP names it
     */
    public void insert(String statement, byte[] body, String contentEncoding, Map<String, String> settings)
            throws ClickHouseException, InterruptedException {
        Map<String, String> parameters = new TreeMap<>(settings);
        parameters.put("query", statement);
        send(parameters, BodyPublishers.ofByteArray(body), contentEncoding);
    }

    private String send(Map<String, String> parameters, BodyPublisher body, String contentEncoding)
            throws ClickHouseException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri(parameters))
                .timeout(address.requestTimeout())
                .header("Authorization", authorization)
                .header("Content-Encoding", contentEncoding)
                .POST(body)
                .build();
        HttpResponse<String> response;
        try {
            response = http.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new Unavailable("ClickHouse at " + address.url() + " does not answer: " + reason(e), e);
        }
        if (response.statusCode() != OK) {
            throw failure(response);
        }
        return response.body();
    }

    private ClickHouseException failure(HttpResponse<String> response) {
        int code = response.headers()
                .firstValue("X-ClickHouse-Exception-Code")
                .map(ClickHouse::number)
                .orElse(ErrorCode.UNKNOWN);
        String text = response.body().strip();
        if (text.length() > MESSAGE_LIMIT) {
            text = text.substring(0, MESSAGE_LIMIT) + " ...";
        }
        if (ErrorCode.passesByItself(response.statusCode(), code)) {
            return new Unavailable("ClickHouse at " + address.url() + " can't now: " + text, null);
        }
        return new Refused(
                "ClickHouse refuses " + address + " (HTTP " + response.statusCode() + "): "
                        + (text.isEmpty() ? "it gives no reason" : text),
                code);
    }

    private URI uri(Map<String, String> parameters) {
        Map<String, String> all = new TreeMap<>(parameters);
        // The status line is sent when the outcome is known, not before.
        all.put("wait_end_of_query", "1");
        String query = all.entrySet().stream()
                .map(parameter -> encoded(parameter.getKey()) + "=" + encoded(parameter.getValue()))
                .collect(Collectors.joining("&"));
        String base = address.url().toString();
        return URI.create((base.endsWith("/") ? base : base + "/") + "?" + query);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return ErrorCode.UNKNOWN;
        }
    }

    /** The JDK's client leaves the message of a refused connection empty. */
    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
