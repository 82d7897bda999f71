package io.costops.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("A supervised stream")
@Timeout(30)
class SupervisedStreamTest {
    private final AtomicInteger restarts = new AtomicInteger();

    private SupervisedStream supervised(Supplier<SupervisedStream.Run> runs) {
        return new SupervisedStream(runs, Duration.ofMillis(1), Duration.ofMillis(4), restarts::incrementAndGet);
    }

    @Test
    void starts_again_when_it_fails() throws Exception {
        AtomicInteger started = new AtomicInteger();
        CountDownLatch fourth = new CountDownLatch(4);
        SupervisedStream stream = supervised(() -> {
            fourth.countDown();
            if (started.incrementAndGet() == 1) {
                throw new IllegalStateException("no broker");
            }
            return new EndingRun();
        });
        Thread thread = running(stream);

        assertThat(fourth.await(20, TimeUnit.SECONDS)).isTrue();
        stream.stop();
        thread.join();

        assertThat(restarts.get()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void is_ready_while_it_runs_and_ends_when_it_is_stopped() throws Exception {
        LastingRun run = new LastingRun();
        SupervisedStream stream = supervised(() -> run);
        assertThat(stream.isReady()).isFalse();
        Thread thread = running(stream);

        assertThat(run.started.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(stream.isReady()).isTrue();
        stream.stop();
        thread.join();

        assertThat(stream.isReady()).isFalse();
        assertThat(run.closed.getCount()).isZero();
        assertThat(restarts.get()).isZero();
    }

    @Test
    void does_not_start_once_it_is_stopped() throws Exception {
        AtomicInteger started = new AtomicInteger();
        SupervisedStream stream = supervised(() -> {
            started.incrementAndGet();
            return new EndingRun();
        });
        stream.stop();

        running(stream).join();

        assertThat(started.get()).isZero();
    }

    private static Thread running(SupervisedStream stream) {
        Thread thread = new Thread(() -> {
            try {
                stream.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        thread.start();
        return thread;
    }

    private static final class EndingRun implements SupervisedStream.Run {
        @Override
        public void runToEnd() {}

        @Override
        public boolean isReady() {
            return false;
        }

        @Override
        public void close() {}
    }

    private static final class LastingRun implements SupervisedStream.Run {
        private final CountDownLatch started = new CountDownLatch(1);
        private final CountDownLatch closed = new CountDownLatch(1);

        @Override
        public void runToEnd() throws InterruptedException {
            started.countDown();
            closed.await();
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }
}
