package io.costops.infra.cli;

import io.costops.infra.platform.PlatformStatus;
import java.util.List;

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
        return table.toString().stripTrailing();
    }
}
