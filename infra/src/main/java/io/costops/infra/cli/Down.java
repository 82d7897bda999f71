package io.costops.infra.cli;

import io.costops.infra.platform.PlatformException;
import io.costops.infra.platform.PlatformState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Stops the platform; its data stays. */
@Command(
        name = "down",
        description = "Stops the platform. Its data stays in the data directory.",
        mixinStandardHelpOptions = true)
final class Down implements Runnable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        Optional<PlatformState> state = PlatformState.readRunning(data.path());
        Optional<ProcessHandle> supervisor =
                state.flatMap(running -> running.supervisor().find());
        if (supervisor.isEmpty()) {
            spec.commandLine().getOut().println("no platform runs in " + data.path());
            return;
        }
        stop(supervisor.get());
        spec.commandLine().getOut().println("stopped the platform in " + data.path());
    }

    private static void stop(ProcessHandle supervisor) {
        supervisor.destroy();
        try {
            supervisor.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            // Its children end with it, whatever they do.
            supervisor.destroyForcibly();
            supervisor.onExit().join();
        } catch (ExecutionException e) {
            throw new PlatformException("can't wait for the supervisor: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException("interrupted while the platform was stopping", e);
        }
    }
}
