package io.costops.infra.platform;

import io.costops.infra.platform.Component.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Uuid;

/** One broker that is its own controller (KRaft). */
final class KafkaBroker {

    /**
     * The longest outage that an open transaction of a job may outlive: a broker that aborts it earlier loses what the job's
     * checkpoint says is committed.
     */
    static final Duration TRANSACTION_LIMIT = Duration.ofDays(7);

    /** Longer than usage.raw is kept, so that a consumer's place is not forgotten before what it would have to read. */
    private static final Duration OFFSETS_KEPT = Duration.ofDays(60);

    /** Above the bound of every topic, each of which sets its own. */
    static final int LARGEST_MESSAGE_BYTES = 8 << 20;

    private static final List<String> JVM =
            List.of("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=128m");
    private static final Duration START_PATIENCE = Duration.ofMinutes(3);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(25);
    private static final Duration FORMAT_PATIENCE = Duration.ofSeconds(60);

    private final Distribution distribution;
    private final DataDirectory data;
    private final int port;
    private final int controllerPort;

    KafkaBroker(Distribution distribution, DataDirectory data, int port, int controllerPort) {
        this.distribution = distribution;
        this.data = data;
        this.port = port;
        this.controllerPort = controllerPort;
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    Spec spec() {
        return new Spec(
                "kafka",
                bootstrap(),
                this::launch,
                process -> answers(bootstrap(), Duration.ofSeconds(5)),
                START_PATIENCE,
                STOP_PATIENCE,
                () -> {});
    }

    /** Whether a broker there answers a request that needs its controller. */
    static boolean answers(String bootstrap, Duration patience) {
        if (!Probes.accepts(bootstrap)) {
            return false;
        }
        int millis = Math.toIntExact(patience.toMillis());
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis))) {
            return !admin.describeCluster()
                    .nodes()
                    .get(millis, TimeUnit.MILLISECONDS)
                    .isEmpty();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Child launch() throws IOException, InterruptedException {
        Path folder = data.folder("kafka");
        Path properties = folder.resolve("server.properties");
        Files.writeString(properties, properties(folder.resolve("log")));
        if (!Files.exists(folder.resolve("log/meta.properties"))) {
            format(properties);
        }
        return ChildJvm.start(command("kafka", "kafka.Kafka", List.of(properties.toString()), Leash.Ending.ORDERLY));
    }

    private void format(Path properties) throws IOException, InterruptedException {
        UUID random = UUID.randomUUID();
        String clusterId = new Uuid(random.getMostSignificantBits(), random.getLeastSignificantBits()).toString();
        Child tool = ChildJvm.start(command(
                "kafka-format",
                "kafka.tools.StorageTool",
                List.of("format", "--cluster-id", clusterId, "--config", properties.toString()),
                Leash.Ending.AT_ONCE));
        long deadline = System.nanoTime() + FORMAT_PATIENCE.toNanos();
        while (tool.isAlive() && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        if (tool.isAlive()) {
            tool.kill();
            throw new IOException(
                    "formatting the broker's storage took longer than " + FORMAT_PATIENCE.toSeconds() + " s");
        }
        int exitCode = tool.waitFor();
        if (exitCode != 0) {
            throw new IOException("formatting the broker's storage exited with " + exitCode + ": " + tool.lastWords());
        }
    }

    private ChildJvm.Command command(String name, String mainClass, List<String> arguments, Leash.Ending ending) {
        return new ChildJvm.Command(
                Logging.with(JVM, data.log(name)),
                List.of(distribution.jarsOf("kafka/lib"), Distribution.codeOf(Leash.class)),
                mainClass,
                arguments,
                data.folder("kafka"),
                data.output(name),
                Map.of(),
                ending);
    }

    private String properties(Path logDirectory) {
        return """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                controller.listener.names=CONTROLLER
                inter.broker.listener.name=PLAINTEXT
                log.dirs=%3$s
                # Topics come from the catalogue; one that is misspelt must not come into being.
                auto.create.topics.enable=false
                default.replication.factor=1
                min.insync.replicas=1
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=4
                offsets.retention.minutes=%4$d
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=4
                transaction.max.timeout.ms=%5$d
                transactional.id.expiration.ms=%6$d
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                share.coordinator.state.topic.num.partitions=1
                # A broker that was killed may register again only when its earlier session has run out.
                broker.session.timeout.ms=3000
                broker.heartbeat.interval.ms=500
                group.initial.rebalance.delay.ms=0
                num.network.threads=2
                num.io.threads=4
                background.threads=4
                message.max.bytes=%7$d
                replica.fetch.max.bytes=%7$d
                log.cleaner.dedupe.buffer.size=16777216
                log.cleaner.io.buffer.size=9437184
                log.segment.bytes=268435456
                """.formatted(
                        port,
                        controllerPort,
                        logDirectory,
                        OFFSETS_KEPT.toMinutes(),
                        TRANSACTION_LIMIT.toMillis(),
                        TRANSACTION_LIMIT.multipliedBy(2).toMillis(),
                        LARGEST_MESSAGE_BYTES);
    }
}
