package io.costops.infra.platform;

import io.costops.infra.platform.PlatformState.RunningJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Holds a job back: while a file with the reason lies beside its checkpoints, the supervisor lets no run of the job live. It
 * outlasts the supervisor and whoever asked for it, so that a job that was held for a reason doesn't start by accident.
 */
public final class JobHold {
    private static final Duration LOOK = Duration.ofMillis(250);

    private final Path dataDirectory;
    private final String job;
    private final Path file;

    /** @param dataDirectory of the platform that runs the job */
    public JobHold(Path dataDirectory, String job) {
        this(dataDirectory, job, dataDirectory.resolve("flink").resolve("held").resolve(job));
    }

    private JobHold(Path dataDirectory, String job, Path file) {
        this.dataDirectory = dataDirectory;
        this.job = job;
        this.file = file;
    }

    /** Why it is held, if it is. */
    public Optional<String> reason() {
        try {
            return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
        } catch (IOException e) {
            // Removed just now, or unreadable: the latter must not let it start.
            return Files.exists(file) ? Optional.of("unreadable " + file) : Optional.empty();
        }
    }

    public boolean isHeld() {
        return reason().isPresent();
    }

    /**
     * Holds it, and waits until the supervisor says that no run of it is left.
     *
     * @throws PlatformException if that takes longer than the time given
     */
    public void hold(String reason, Duration atMost) {
        // A number of its own tells this hold from one that was released a moment ago.
        String held = reason + " (" + UUID.randomUUID() + ")";
        try {
            Files.createDirectories(file.getParent());
            Path draft = file.resolveSibling(job + ".new");
            Files.writeString(draft, held);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new PlatformException("can't hold the job " + job + ": " + e, e);
        }
        long giveUpAt = System.nanoTime() + atMost.toNanos();
        while (!rests(held)) {
            if (System.nanoTime() > giveUpAt) {
                throw new PlatformException("the job " + job + " has not stopped within " + atMost.toSeconds()
                        + " s: does the platform run in " + dataDirectory
                        + "? (./costops status) Run the command again to go on");
            }
            try {
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new PlatformException("interrupted while the job " + job + " was stopping", e);
            }
        }
    }

    private boolean rests(String held) {
        return PlatformState.readRunning(dataDirectory)
                .flatMap(state -> state.jobs().stream()
                        .filter(running -> running.name().equals(job))
                        .findFirst())
                .flatMap(RunningJob::heldBy)
                .filter(held::equals)
                .isPresent();
    }

    /** Lets it start again. */
    public void release() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new PlatformException("can't release the job " + job + ": remove " + file + " (" + e + ")", e);
        }
    }
}
