package io.costops.infra.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.costops.infra.platform.Distribution;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What the whole watch needs for so many series on one task slot: the job's topology in a JVM of its own, on each state backend. */
public final class SeriesMemory {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MAIN = "io.costops.anomaly.load.WatchLoad";

    /** Heap and managed memory within 2 GiB, each backend's share where it keeps its state. */
    private enum Backend {
        ROCKSDB("rocksdb", 768, 512),
        HEAP("hashmap", 1_536, 64);

        private final String configured;
        private final int heapMib;
        private final int managedMib;

        Backend(String configured, int heapMib, int managedMib) {
            this.configured = configured;
            this.heapMib = heapMib;
            this.managedMib = managedMib;
        }
    }

    /**
     * What was needed.
     *
     * @param secondsPerWindow to take in one call of each key, and to judge all series
     * @param liveHeapMib in the old generation after its last collection
     * @param peakResidentMib most of the machine's memory that the process ever had
     * @param checkpointMib largest size of the checkpoints' folder
     */
    public record Figure(
            String backend,
            long series,
            double secondsPerWindow,
            long liveHeapMib,
            long peakResidentMib,
            long checkpointMib) {}

    private SeriesMemory() {}

    public static List<Figure> run(int series, int tenants, int windows) {
        List<Figure> figures = new ArrayList<>();
        for (Backend backend : Backend.values()) {
            figures.add(run(series, tenants, windows, backend));
        }
        return figures;
    }

    private static Figure run(int series, int tenants, int windows, Backend backend) {
        try {
            Path folder = Files.createTempDirectory("costops-series");
            try {
                return figure(backend, output(series, tenants, windows, backend, folder));
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new BenchException("the watch can't be loaded: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    private static List<String> output(int series, int tenants, int windows, Backend backend, Path folder)
            throws IOException, InterruptedException {
        Path checkpoints = Files.createDirectory(folder.resolve("checkpoints"));
        Path printed = folder.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + backend.heapMib + "m",
                        "-XX:+UseSerialGC",
                        "-Djava.io.tmpdir=" + folder,
                        "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=java.lang,java.math,java.time,java.util,io.costops.schemas.avro",
                        "--add-opens=java.base/java.util=ALL-UNNAMED",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "--add-opens=java.base/java.time=ALL-UNNAMED",
                        "-cp",
                        classPath(Distribution.find().root()),
                        MAIN,
                        Integer.toString(series),
                        Integer.toString(tenants),
                        Integer.toString(windows),
                        backend.configured,
                        Integer.toString(backend.managedMib),
                        checkpoints.toString())
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
        try {
            int status = process.waitFor();
            List<String> lines = Files.readAllLines(printed, StandardCharsets.UTF_8);
            if (status != 0) {
                throw new BenchException("the watch failed on " + backend.configured + ": "
                        + String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size())));
            }
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }

    private static String classPath(Path distribution) throws IOException {
        try (Stream<Path> jobs = Files.list(distribution.resolve("jobs"))) {
            Path job = jobs.filter(file -> String.valueOf(file.getFileName()).startsWith("costops-anomaly-job"))
                    .findFirst()
                    .orElseThrow(() -> new BenchException("the anomaly job isn't built"));
            return job + File.pathSeparator + distribution.resolve("flink/lib/*");
        }
    }

    private static Figure figure(Backend backend, List<String> lines) throws JsonProcessingException {
        String last = lines.stream()
                .filter(line -> line.startsWith("{"))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new BenchException("the watch printed no figures"));
        JsonNode figures = JSON.readTree(last);
        return new Figure(
                backend.configured,
                figures.path("series").asLong(),
                figures.path("seconds_per_window").asDouble(),
                figures.path("live_heap_mib").asLong(),
                figures.path("peak_resident_mib").asLong(),
                figures.path("checkpoint_mib").asLong());
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
