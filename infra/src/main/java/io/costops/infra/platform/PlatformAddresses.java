package io.costops.infra.platform;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where the parts of a platform are reached.
 *
 * <p>{@code KAFKA_BOOTSTRAP}, {@code SCHEMA_REGISTRY_URL} and {@code CLICKHOUSE_URL} (with {@code CLICKHOUSE_USER} and
 * {@code CLICKHOUSE_PASSWORD}) in the environment win over the local platform of the data directory.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PlatformAddresses(
        Optional<String> kafka,
        Optional<String> schemaRegistry,
        Optional<ClickHouse> clickHouse,
        Optional<String> flink,
        Optional<String> ingest,
        Optional<String> notifier) {

    /** Where ClickHouse is, and the file that holds the password. */
    public record ClickHouse(String url, String user, String passwordFile) {

        public String password() {
            if (passwordFile.isEmpty()) {
                return Optional.ofNullable(System.getenv("CLICKHOUSE_PASSWORD")).orElse("");
            }
            try {
                return Files.readString(Path.of(passwordFile)).strip();
            } catch (IOException e) {
                throw new PlatformException("can't read ClickHouse's password from " + passwordFile, e);
            }
        }

        public ClickHouseHttp connect() {
            return new ClickHouseHttp(url, user, password());
        }
    }

    static final PlatformAddresses NONE = new PlatformAddresses(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /** The running platform of the directory, and what the environment says instead. */
    public static PlatformAddresses find(Path dataDirectory, Map<String, String> environment) {
        PlatformAddresses local = PlatformState.readRunning(dataDirectory)
                .map(PlatformState::addresses)
                .orElse(NONE);
        return new PlatformAddresses(
                given(environment, "KAFKA_BOOTSTRAP").or(local::kafka),
                given(environment, "SCHEMA_REGISTRY_URL").or(local::schemaRegistry),
                given(environment, "CLICKHOUSE_URL")
                        .map(url -> new ClickHouse(url, environment.getOrDefault("CLICKHOUSE_USER", "default"), ""))
                        .or(local::clickHouse),
                local.flink(),
                local.ingest(),
                local.notifier());
    }

    /**
     * Kafka's bootstrap servers.
     *
     * @throws PlatformException saying how to get one
     */
    public String requireKafka() {
        return kafka.orElseThrow(() -> missing("Kafka", "KAFKA_BOOTSTRAP"));
    }

    /**
     * The registry's URL, Confluent's API.
     *
     * @throws PlatformException saying how to get one
     */
    public String requireSchemaRegistry() {
        return schemaRegistry.orElseThrow(() -> missing("schema registry", "SCHEMA_REGISTRY_URL"));
    }

    /**
     * The notifier's pages.
     *
     * @throws PlatformException saying how to get one
     */
    public String requireNotifier() {
        return notifier.orElseThrow(
                () -> new PlatformException("no notifier: no platform runs here; start it with ./costops up"));
    }

    /**
     * The ledger's ClickHouse.
     *
     * @throws PlatformException saying how to get one
     */
    public ClickHouse requireClickHouse() {
        return clickHouse.orElseThrow(() -> missing("ClickHouse", "CLICKHOUSE_URL"));
    }

    private static PlatformException missing(String what, String variable) {
        return new PlatformException(
                "no " + what + ": no platform runs here; start it with ./costops up, or set " + variable);
    }

    private static Optional<String> given(Map<String, String> environment, String variable) {
        return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isBlank());
    }
}
