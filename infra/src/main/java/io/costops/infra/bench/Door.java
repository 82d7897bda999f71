package io.costops.infra.bench;

import io.costops.infra.platform.Part;
import io.costops.infra.platform.Platform;
import io.costops.ingest.http.DoorLoad;
import io.costops.ingest.http.DoorLoad.Plan;
import io.costops.ingest.http.DoorLoad.Result;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** How many envelopes a second the HTTP door takes, and how long a sender waits for 202: usage on all in-sync replicas. */
public final class Door {
    private static final Duration WARM_UP = Duration.ofSeconds(10);
    private static final int BATCH = 100;
    private static final int CONNECTIONS = 4;
    /** Well below what it takes, so that the answer's time is seen and not that of a queue. */
    private static final int SINGLES_PER_SECOND = 200;

    /** A measurement and what it was of. */
    public record Figure(String load, Result result) {}

    private Door() {}

    /** Measures a door that is open already. */
    public static List<Figure> run(URI url, Duration time, long seed, Consumer<String> progress) {
        List<Figure> figures = new ArrayList<>();
        figures.add(measure("batches of " + BATCH + ", as many as are taken", url, BATCH, 0, time, seed, progress));
        figures.add(measure(
                "one envelope a request, " + SINGLES_PER_SECOND + "/s",
                url,
                1,
                SINGLES_PER_SECOND,
                time,
                seed + 1,
                progress));
        return figures;
    }

    /** Opens a door of its own, with a broker and a registry, in an empty directory that is gone afterwards. */
    public static List<Figure> runOwn(Path directory, Duration time, long seed, Consumer<String> progress) {
        progress.accept("starting kafka, registry and ingest");
        try (Platform platform = Platform.builder(directory)
                .parts(Part.KAFKA, Part.REGISTRY, Part.INGEST)
                .start()) {
            return run(URI.create(platform.addresses().ingest().orElseThrow()), time, seed, progress);
        } finally {
            BenchDirectory.empty(directory);
        }
    }

    private static Figure measure(
            String load, URI url, int batch, int rate, Duration time, long seed, Consumer<String> progress) {
        progress.accept(load);
        Plan plan = new Plan(url, Optional.empty(), seed, batch, CONNECTIONS, rate, WARM_UP, time);
        try {
            return new Figure(load, DoorLoad.run(plan));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }
}
