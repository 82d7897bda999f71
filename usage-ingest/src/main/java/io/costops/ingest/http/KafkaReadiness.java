package io.costops.ingest.http;

import io.costops.schemas.topics.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the brokers every few seconds whether the topic is there. */
public final class KafkaReadiness implements Readiness, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaReadiness.class);
    private static final Duration PERIOD = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final Admin admin;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread daemon = new Thread(task, "http-kafka-readiness");
        daemon.setDaemon(true);
        return daemon;
    });
    private volatile String reason = "not asked yet";

    /**
     * @param admin closed with this
     */
    public KafkaReadiness(Admin admin) {
        this.admin = admin;
        var unused = thread.scheduleWithFixedDelay(this::ask, 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public Map<String, String> reasons() {
        return reason.isEmpty() ? Map.of() : Map.of("kafka", reason);
    }

    private void ask() {
        String found = answer();
        if (!found.equals(reason)) {
            LOG.info("Kafka for the HTTP door: {}", found.isEmpty() ? "ready" : found);
        }
        reason = found;
    }

    private String answer() {
        try {
            admin.describeTopics(List.of(Topics.USAGE_RAW.name()))
                    .allTopicNames()
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return "";
        } catch (ExecutionException e) {
            return e.getCause() instanceof UnknownTopicOrPartitionException
                    ? "the topic " + Topics.USAGE_RAW.name() + " is not there"
                    : "the brokers refuse: " + e.getCause();
        } catch (TimeoutException e) {
            return "the brokers do not answer";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "stopping";
        } catch (RuntimeException e) {
            return "the brokers can't be asked: " + e;
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        admin.close(Duration.ZERO);
    }
}
