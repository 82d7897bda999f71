package io.costops.infra.platform;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/**
 * What a supervisor writes into its data directory, for commands to find it and its children.
 *
 * @param supervisor the process that owns the directory
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PlatformState(
        ProcessId supervisor,
        Phase phase,
        PlatformAddresses addresses,
        List<Member> components,
        List<RunningJob> jobs) {

    /** How far the start has come. */
    public enum Phase {
        STARTING,
        READY,
        STOPPING
    }

    /** A process, told from a later one of the same number by when it started. */
    public record ProcessId(long pid, long startMillis) {

        static ProcessId of(ProcessHandle process) {
            return new ProcessId(process.pid(), startMillis(process));
        }

        /** The process, if it still runs. */
        public Optional<ProcessHandle> find() {
            return ProcessHandle.of(pid).filter(found -> found.isAlive() && startMillis(found) == startMillis);
        }

        private static long startMillis(ProcessHandle process) {
            return process.info()
                    .startInstant()
                    .map(java.time.Instant::toEpochMilli)
                    .orElse(0L);
        }
    }

    /** A supervised process. */
    public record Member(String name, String address, Component.State state, Optional<ProcessId> process, int deaths) {}

    /**
     * A Flink job.
     *
     * @param heldBy the hold by which no run of it is left
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record RunningJob(String name, Optional<String> runId, int submissions, Optional<String> heldBy) {}

    private static final String FILE = "platform.json";
    private static final ObjectMapper JSON =
            new ObjectMapper().registerModule(new Jdk8Module()).enable(SerializationFeature.INDENT_OUTPUT);

    /** What the last supervisor of the directory wrote, whether it still runs or not. */
    public static Optional<PlatformState> read(Path dataDirectory) {
        Path file = dataDirectory.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readValue(file.toFile(), PlatformState.class));
        } catch (IOException e) {
            throw new PlatformException("unreadable " + file + ": " + e.getMessage(), e);
        }
    }

    /** The state of a platform that runs now. */
    public static Optional<PlatformState> readRunning(Path dataDirectory) {
        return read(dataDirectory).filter(state -> state.supervisor().find().isPresent());
    }

    static void forget(Path dataDirectory) throws IOException {
        Files.deleteIfExists(dataDirectory.resolve(FILE));
    }

    void write(Path dataDirectory) throws IOException {
        Path draft = dataDirectory.resolve(FILE + ".new");
        JSON.writeValue(draft.toFile(), this);
        Files.move(draft, dataDirectory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }
}
