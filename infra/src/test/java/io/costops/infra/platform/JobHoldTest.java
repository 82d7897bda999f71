package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.infra.platform.PlatformState.Phase;
import io.costops.infra.platform.PlatformState.ProcessId;
import io.costops.infra.platform.PlatformState.RunningJob;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A job that is held")
class JobHoldTest {
    @TempDir
    private Path directory;

    /** As the supervisor would say it. */
    private void says(Optional<String> heldBy) throws IOException {
        new PlatformState(
                        ProcessId.of(ProcessHandle.current()),
                        Phase.READY,
                        PlatformAddresses.NONE,
                        List.of(),
                        List.of(new RunningJob("writer", Optional.empty(), 1, heldBy)))
                .write(directory);
    }

    @Test
    void stays_so_for_whoever_asks_until_it_is_released() {
        JobHold hold = new JobHold(directory, "writer");
        assertThat(hold.isHeld()).isFalse();

        assertThatThrownBy(() -> hold.hold("a rebuild", Duration.ZERO)).hasMessageContaining("has not stopped");

        assertThat(new JobHold(directory, "writer").reason())
                .hasValueSatisfying(why -> assertThat(why).startsWith("a rebuild ("));
        assertThat(new JobHold(directory, "another").isHeld()).isFalse();
        hold.release();
        hold.release();
        assertThat(hold.isHeld()).isFalse();
    }

    @Test
    void is_waited_for_until_the_supervisor_says_that_no_run_is_left_by_this_hold_and_not_by_an_earlier_one()
            throws Exception {
        JobHold hold = new JobHold(directory, "writer");
        assertThatThrownBy(() -> hold.hold("earlier", Duration.ZERO)).isInstanceOf(PlatformException.class);
        Optional<String> earlier = hold.reason();
        says(earlier);
        hold.release();

        assertThatThrownBy(() -> hold.hold("now", Duration.ofMillis(600)))
                .as("the answer to the earlier one")
                .hasMessageContaining("has not stopped");

        Thread supervisor = new Thread(() -> {
            while (hold.reason().filter(why -> why.startsWith("again")).isEmpty()) {
                Thread.onSpinWait();
            }
            try {
                says(hold.reason());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        supervisor.start();
        hold.hold("again", Duration.ofSeconds(30));
        supervisor.join();
        assertThat(hold.isHeld()).isTrue();
    }
}
