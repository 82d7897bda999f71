package io.costops.infra.ledger;

import io.costops.infra.platform.JobHold;
import io.costops.sinks.ledger.LedgerRebuild;
import java.nio.file.Path;
import java.time.Duration;

/** The ledger writer of a local platform, as a rebuild holds it. */
public final class HeldLedgerWriter implements LedgerRebuild.Writer {
    private static final String JOB = "ledger-writer";

    private final JobHold hold;
    private final Duration patience;

    /** @param patience how long it may take to stop */
    public HeldLedgerWriter(Path dataDirectory, Duration patience) {
        this.hold = new JobHold(dataDirectory, JOB);
        this.patience = patience;
    }

    @Override
    public boolean isHeld() {
        return hold.isHeld();
    }

    @Override
    public void hold() {
        hold.hold("costops rebuild exchanges the tables; run it again if it was cut off, or with --abandon", patience);
    }

    @Override
    public void release() {
        hold.release();
    }
}
