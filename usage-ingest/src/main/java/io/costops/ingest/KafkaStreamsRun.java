package io.costops.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One life of the Kafka Streams client: it ends with the first failure of any thread. */
final class KafkaStreamsRun implements SupervisedStream.Run {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaStreamsRun.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

    private final KafkaStreams streams;
    private final KafkaStreamsMetrics metrics;
    private final CountDownLatch ended = new CountDownLatch(1);

    KafkaStreamsRun(Topology topology, Properties properties, MeterRegistry registry) {
        streams = new KafkaStreams(topology, properties);
        metrics = new KafkaStreamsMetrics(streams);
        metrics.bindTo(registry);
        streams.setUncaughtExceptionHandler(failure -> {
            // The transaction is aborted with the client; the next run takes the records again.
            LOG.error("The stream fails", failure);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            LOG.info("The stream is {}", now);
            if (now == KafkaStreams.State.ERROR
                    || now == KafkaStreams.State.PENDING_ERROR
                    || now == KafkaStreams.State.NOT_RUNNING) {
                ended.countDown();
            }
        });
    }

    @Override
    public void runToEnd() throws InterruptedException {
        streams.start();
        ended.await();
    }

    @Override
    public boolean isReady() {
        return streams.state() == KafkaStreams.State.RUNNING;
    }

    @Override
    public synchronized void close() {
        if (!streams.close(CLOSE_TIMEOUT)) {
            LOG.warn("The stream did not end within {} s", CLOSE_TIMEOUT.toSeconds());
        }
        metrics.close();
        ended.countDown();
    }
}
