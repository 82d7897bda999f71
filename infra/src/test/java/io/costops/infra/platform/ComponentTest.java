package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.infra.platform.PlatformEvent.Kind;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A supervised component")
class ComponentTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final BlockingQueue<PlatformEvent> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<FakeChild> children = new LinkedBlockingQueue<>();
    private final AtomicInteger onDeath = new AtomicInteger();
    private volatile boolean answers = true;
    private final Component component = component(() -> {
        FakeChild child = new FakeChild();
        children.add(child);
        return child;
    });

    private Component component(Component.Launcher launcher) {
        return new Component(
                new Component.Spec(
                        "part",
                        "127.0.0.1:1",
                        launcher,
                        process -> answers,
                        PATIENCE,
                        PATIENCE,
                        onDeath::incrementAndGet),
                new EventLog(Clock.systemUTC(), List.of(events::add)));
    }

    @AfterEach
    void close() {
        component.close();
    }

    private FakeChild nextChild() throws InterruptedException {
        FakeChild child = children.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(child).isNotNull();
        return child;
    }

    private PlatformEvent next(Kind kind) throws InterruptedException {
        PlatformEvent event;
        do {
            event = events.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(event).as("an event %s", kind).isNotNull();
        } while (event.kind() != kind);
        return event;
    }

    @Test
    void is_started_and_said_to_be_ready_at_its_address() throws Exception {
        component.start();
        assertThat(component.state()).isEqualTo(Component.State.RUNNING);
        assertThat(component.pid()).hasValue(nextChild().pid());
        assertThat(next(Kind.READY).message()).contains("127.0.0.1:1");
    }

    @Test
    void that_dies_is_noticed_said_and_started_again() throws Exception {
        component.start();
        nextChild().die(137);

        assertThat(next(Kind.DIED).message()).contains("was killed by signal 9");
        assertThat(next(Kind.BACKING_OFF).message()).contains("starting again");
        next(Kind.READY);
        assertThat(component.deaths()).isEqualTo(1);
        assertThat(onDeath).hasValue(1);
        assertThat(nextChild().isAlive()).isTrue();
    }

    @Test
    void that_is_stopped_stays_down_and_counts_no_death() throws Exception {
        component.start();
        FakeChild child = nextChild();
        component.stop();

        assertThat(child.isAlive()).isFalse();
        assertThat(component.state()).isEqualTo(Component.State.STOPPED);
        assertThat(component.deaths()).isZero();
        component.start();
        assertThat(nextChild().isAlive()).isTrue();
    }

    @Test
    void that_dies_while_starting_fails_the_start_with_its_last_words() throws Exception {
        answers = false;
        component.begin();
        nextChild().die(1);

        assertThatThrownBy(component::awaitRunning)
                .isInstanceOf(PlatformException.class)
                .hasMessageContaining("exited with 1")
                .hasMessageContaining("the port is taken");
    }

    @Test
    void that_cannot_be_launched_fails_the_start_with_the_reason() {
        Component broken = component(() -> {
            throw new java.io.IOException("no such program");
        });
        assertThatThrownBy(broken::start).hasMessageContaining("could not be started: no such program");
        broken.close();
    }

    @Test
    void that_ends_with_another_says_so() throws Exception {
        component.start();
        component.recycle("ended with the JobManager");
        assertThat(next(Kind.DIED).message()).contains("ended with the JobManager");
        next(Kind.READY);
    }

    private static final class FakeChild implements Child {
        private final CompletableFuture<Integer> exit = new CompletableFuture<>();

        void die(int exitCode) {
            exit.complete(exitCode);
        }

        @Override
        public long pid() {
            // A process that certainly runs.
            return ProcessHandle.current().pid();
        }

        @Override
        public boolean isAlive() {
            return !exit.isDone();
        }

        @Override
        public int waitFor() {
            return exit.join();
        }

        @Override
        public void stop(Duration patience) {
            die(0);
        }

        @Override
        public void kill() {
            die(137);
        }

        @Override
        public String lastWords() {
            return "the port is taken";
        }
    }
}
