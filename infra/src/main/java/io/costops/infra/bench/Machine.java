package io.costops.infra.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a figure was measured on; without it a figure says nothing.
 *
 * @param processor its model, as far as the system tells
 * @param cores that the JVM may use
 * @param memoryGib of the whole machine
 * @param system name, version and architecture
 * @param java version of the JVM
 */
public record Machine(String processor, int cores, long memoryGib, String system, String java) {
    private static final long GIB = 1L << 30;

    public static Machine here() {
        Runtime runtime = Runtime.getRuntime();
        return new Machine(
                processorModel(),
                runtime.availableProcessors(),
                Math.round(memoryBytes() / (double) GIB),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
    }

    private static long memoryBytes() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : Runtime.getRuntime().maxMemory();
    }

    private static String processorModel() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown processor");
        } catch (IOException notLinux) {
            return "unknown processor";
        }
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s, %d cores, %d GiB, %s, %s", processor, cores, memoryGib, system, java);
    }
}
