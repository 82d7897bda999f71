package io.costops.infra.cli;

import io.costops.infra.platform.PlatformStatus;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The parts of a platform and how they do, a line each. */
final class PlatformTable {

    private PlatformTable() {}

    static String of(PlatformStatus status) {
        List<PlatformStatus.Part> parts = status.parts();
        int names = parts.stream().mapToInt(part -> part.name().length()).max().orElse(0);
        int details =
                parts.stream().mapToInt(part -> part.detail().length()).max().orElse(0);
        StringBuilder table = new StringBuilder();
        for (PlatformStatus.Part part : parts) {
            String line = ("%s  %-" + names + "s  %-" + details + "s  %s%s%s")
                    .formatted(
                            part.answers() ? "ok  " : "DOWN",
                            part.name(),
                            part.detail(),
                            part.address(),
                            part.pid().map(pid -> "  process " + pid).orElse(""),
                            part.deaths() == 0 ? "" : "  restarted " + part.deaths() + " times");
            table.append(line.stripTrailing()).append(System.lineSeparator());
        }
        for (PlatformStatus.Lag lag : status.lags()) {
            String line = lag.records() == 0
                    ? lag.reader() + " has read all of " + lag.topic()
                    : "%s is %,d records behind in %s".formatted(lag.reader(), lag.records(), lag.topic());
            table.append("      ").append(line).append(System.lineSeparator());
        }
        for (PlatformStatus.Figures job : status.jobs()) {
            table.append("      ").append(line(job)).append(System.lineSeparator());
        }
        return table.toString().stripTrailing();
    }

    private static String line(PlatformStatus.Figures job) {
        String state = job.stateBytes()
                .map(bytes -> String.format(Locale.ROOT, "holds %,.1f MiB of state", bytes / (double) (1 << 20)))
                .orElse("has no checkpoint yet");
        String counted = job.counters().entrySet().stream()
                .filter(counter -> counter.getValue() > 0)
                .map(counter -> String.format(Locale.ROOT, "%s %,d", counter.getKey(), counter.getValue()))
                .collect(Collectors.joining(", "));
        return job.job() + " " + state + (counted.isEmpty() ? "" : "; since it started: " + counted);
    }
}
