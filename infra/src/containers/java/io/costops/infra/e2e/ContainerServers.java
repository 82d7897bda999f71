package io.costops.infra.e2e;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.clickhouse.ClickHouseContainer;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The official images of Kafka, Confluent's schema registry and ClickHouse, in the versions that the profile names. Others:
 * {@code -Dcostops.image.kafka=apache/kafka:4.1.1} and so on.
 */
public final class ContainerServers implements Servers {
    private static final String KAFKA = image("kafka");
    private static final String REGISTRY = image("registry");
    private static final String CLICKHOUSE = image("clickhouse");

    private static final String USER = "costops";
    private static final String PASSWORD = "costops-in-a-container";
    private static final String KAFKA_INSIDE = "kafka:19092";
    private static final int REGISTRY_PORT = 8081;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final List<AutoCloseable> open = new ArrayList<>();

    private static String image(String name) {
        String property = "costops.image." + name;
        return Objects.requireNonNull(System.getProperty(property), property);
    }

    @Override
    public Optional<String> absent() {
        return DockerClientFactory.instance().isDockerAvailable()
                ? Optional.empty()
                : Optional.of("there is no Docker here: the suite did not run against " + KAFKA + ", " + REGISTRY
                        + " and " + CLICKHOUSE);
    }

    @Override
    public Map<String, String> start(String users) {
        Network network = opened(Network.newNetwork());
        KafkaContainer kafka = opened(new KafkaContainer(DockerImageName.parse(KAFKA))
                .withNetwork(network)
                .withListener(KAFKA_INSIDE)
                // What the platform's own broker is set to: see KafkaBroker.
                .withEnv(
                        "KAFKA_TRANSACTION_MAX_TIMEOUT_MS",
                        Long.toString(Duration.ofDays(7).toMillis()))
                .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
                .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
                .withStartupTimeout(PATIENCE));
        kafka.start();
        GenericContainer<?> registry = opened(new GenericContainer<>(DockerImageName.parse(REGISTRY))
                .withNetwork(network)
                .withExposedPorts(REGISTRY_PORT)
                .withEnv("SCHEMA_REGISTRY_HOST_NAME", "registry")
                .withEnv("SCHEMA_REGISTRY_LISTENERS", "http://0.0.0.0:" + REGISTRY_PORT)
                .withEnv("SCHEMA_REGISTRY_KAFKASTORE_BOOTSTRAP_SERVERS", "PLAINTEXT://" + KAFKA_INSIDE)
                .withEnv("SCHEMA_REGISTRY_SCHEMA_COMPATIBILITY_LEVEL", "backward_transitive")
                .waitingFor(Wait.forHttp("/subjects").withStartupTimeout(PATIENCE)));
        registry.start();
        ClickHouseContainer clickHouse = opened(new ClickHouseContainer(DockerImageName.parse(CLICKHOUSE))
                .withUsername(USER)
                .withPassword(PASSWORD)
                .withCopyToContainer(Transferable.of(users), "/etc/clickhouse-server/users.d/reader.xml")
                .withStartupTimeout(PATIENCE));
        clickHouse.start();
        return Map.of(
                "KAFKA_BOOTSTRAP",
                kafka.getBootstrapServers(),
                "SCHEMA_REGISTRY_URL",
                "http://" + registry.getHost() + ":" + registry.getMappedPort(REGISTRY_PORT),
                "CLICKHOUSE_URL",
                clickHouse.getHttpUrl(),
                "CLICKHOUSE_USER",
                USER,
                "CLICKHOUSE_PASSWORD",
                PASSWORD);
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.add(0, resource);
        return resource;
    }

    @Override
    public void close() {
        for (AutoCloseable resource : open) {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("a container did not stop", e);
            }
        }
    }
}
