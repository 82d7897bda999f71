package io.costops.infra.text;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.LongSupplier;

/** One line that moves on a terminal, and a line now and then where the output is kept. */
public final class Progress {
    private static final Duration ON_TERMINAL = Duration.ofMillis(200);
    private static final Duration IN_FILE = Duration.ofSeconds(10);

    private final PrintWriter out;
    private final boolean terminal;
    private final LongSupplier nanoTime;
    private long nextAt;
    private int shown;

    public Progress(PrintWriter out, boolean terminal, LongSupplier nanoTime) {
        this.out = out;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
        this.nextAt = nanoTime.getAsLong() + (terminal ? ON_TERMINAL : IN_FILE).toNanos();
    }

    /** Shows how far it is, unless it was shown a moment ago. */
    public void show(String state) {
        long now = nanoTime.getAsLong();
        if (now - nextAt < 0) {
            return;
        }
        nextAt = now + (terminal ? ON_TERMINAL : IN_FILE).toNanos();
        if (terminal) {
            out.print("\r" + state + " ".repeat(Math.max(0, shown - state.length())));
            out.flush();
            shown = state.length();
        } else {
            out.println(state);
        }
    }

    /** Leaves the line with what came of it. */
    public void done(String result) {
        if (terminal) {
            out.println("\r" + result + " ".repeat(Math.max(0, shown - result.length())));
            shown = 0;
        } else {
            out.println(result);
        }
    }
}
