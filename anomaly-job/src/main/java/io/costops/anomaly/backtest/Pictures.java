package io.costops.anomaly.backtest;

import io.costops.anomaly.chart.Chart;
import io.costops.anomaly.chart.Panel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where charts go: into one picture with the first panels below each other, or each into a picture of its own in a folder. */
final class Pictures {
    private static final int MOST_PANELS = 12;
    static final int MOST_PICTURES = 500;

    private final @Nullable Path target;
    private final boolean single;
    private final List<Panel> panels = new ArrayList<>();
    private int written;

    /** @param target a name that ends in .svg or .png, or a folder; null draws nothing */
    Pictures(@Nullable Path target) {
        this.target = target;
        this.single = target != null && Chart.isPicture(target);
    }

    /** Whether another panel would be drawn: what isn't needn't be collected. */
    boolean wanted() {
        return target != null && (single ? panels.size() < MOST_PANELS : written < MOST_PICTURES);
    }

    void add(String name, Panel panel) {
        if (!wanted() || target == null) {
            return;
        }
        if (single) {
            panels.add(panel);
            return;
        }
        // A series may be named by anyone: only what is harmless in a file's name is kept.
        String safe = name.replaceAll("[^A-Za-z0-9._-]", "_").replaceAll("^\\.+", "_");
        write(target.resolve((safe.isEmpty() ? "_" : safe) + ".svg"), List.of(panel));
    }

    /** What was drawn, for the summary; empty if nothing was asked for. */
    String finish() {
        if (target == null) {
            return "";
        }
        if (single && !panels.isEmpty()) {
            write(target, panels);
        }
        return written == 0
                ? ", nothing to draw"
                : single ? ", drawn in " + target : ", " + written + " pictures in " + target;
    }

    private void write(Path file, List<Panel> drawn) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Chart.write(file, drawn);
            written++;
        } catch (IOException e) {
            throw new BacktestException("can't draw " + file + ": " + e.getMessage(), e);
        }
    }
}
