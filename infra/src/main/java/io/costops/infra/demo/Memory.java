package io.costops.infra.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * How much memory this process and its descendants hold, by the kernel's own count.
 *
 * @param bytes resident set sizes added up; pages that processes share are counted in each of them
 * @param processes how many there are
 */
public record Memory(long bytes, int processes) {
    private static final long KIB = 1_024;

    /** Empty sums where the kernel doesn't tell (no /proc). */
    public static Memory now() {
        long[] sizes = Stream.concat(
                        Stream.of(ProcessHandle.current()),
                        ProcessHandle.current().descendants())
                .map(process -> residentBytes(process.pid()))
                .flatMapToLong(OptionalLong::stream)
                .toArray();
        long sum = 0;
        for (long size : sizes) {
            sum += size;
        }
        return new Memory(sum, sizes.length);
    }

    private static OptionalLong residentBytes(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KIB)
                    .findFirst();
        } catch (IOException notThere) {
            return OptionalLong.empty();
        }
    }
}
