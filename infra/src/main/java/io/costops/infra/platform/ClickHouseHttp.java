package io.costops.infra.platform;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;

/** Queries over ClickHouse's HTTP interface, against the local engine or a server. */
public final class ClickHouseHttp {

    private static final Duration CONNECT = Duration.ofSeconds(10);

    private final URI url;
    private final String authorization;

    public ClickHouseHttp(String url, String user, String password) {
        this.url = URI.create(url);
        this.authorization =
                "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** Whether it answers a query of ours now. */
    public boolean answers(Duration patience) {
        try {
            return query("SELECT 1 FORMAT TSV", patience).strip().equals("1");
        } catch (PlatformException e) {
            return false;
        }
    }

    /**
     * The whole answer as text.
     *
     * @throws PlatformException with ClickHouse's own words when it refuses
     */
    public String query(String sql, Duration patience) {
        try (InputStream body = stream(sql, "TSV", Map.of(), patience)) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    /**
     * The answer as it comes, in the format given unless the query names one.
     *
     * @throws PlatformException with ClickHouse's own words when it refuses
     */
    public InputStream stream(String sql, String defaultFormat, Map<String, String> settings, Duration patience) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) with(settings).toURL().openConnection();
            connection.setConnectTimeout(Math.toIntExact(CONNECT.toMillis()));
            connection.setReadTimeout(Math.toIntExact(patience.toMillis()));
            connection.setDoOutput(true);
            // An idle connection left open makes the local engine's stop wait five seconds for it.
            connection.setRequestProperty("Connection", "close");
            connection.setRequestProperty("Authorization", authorization);
            connection.setRequestProperty("X-ClickHouse-Format", defaultFormat);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(sql.getBytes(StandardCharsets.UTF_8));
            }
            if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
                throw new PlatformException(words(connection));
            }
            return connection.getInputStream();
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private URI with(Map<String, String> settings) {
        String query = settings.entrySet().stream()
                .map(setting -> URLEncoder.encode(setting.getKey(), StandardCharsets.UTF_8) + "="
                        + URLEncoder.encode(setting.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return settings.isEmpty() ? url : url.resolve("/?" + query);
    }

    private static String words(HttpURLConnection connection) throws IOException {
        try (InputStream body = connection.getErrorStream()) {
            String words = body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8).strip();
            return words.isEmpty() ? "ClickHouse answered " + connection.getResponseCode() : words;
        }
    }

    private PlatformException unreachable(IOException cause) {
        return new PlatformException("ClickHouse at " + url + " does not answer: " + cause.getMessage(), cause);
    }
}
