package io.costops.anomaly.job;

import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * How far the time of the usage has come in one partition.
 *
 * <p>While usage comes, the watermark follows it. When none comes for a while it depends: a partition that was at the live edge is
 * quiet because nobody uses anything, so its time goes on with the clock, and incidents end although nothing follows them. One
 * that stopped in the past is a backlog that waits: its time stands still, and it no longer holds the others up.
 */
final class LiveEdge<T> implements WatermarkGenerator<T> {
    /** Usage of so long ago is as good as now. */
    private static final Duration EDGE = Duration.ofMinutes(10);

    /**
     * A backlog is read as fast as it comes, by several tasks before this one that don't wait for each other: hours of it may be out
     * of order, and no one waits for its windows.
     */
    private static final Duration BACKLOG_OUT_OF_ORDER = Duration.ofHours(6);

    private final WallClock clock;
    private final long outOfOrderMillis;
    private final long idleMillis;

    private long newestMillis = Long.MIN_VALUE;
    private long lastHeardMillis = Long.MIN_VALUE;
    private boolean heard;

    /** Travels to the tasks. */
    record Settings(WallClock clock, Duration outOfOrder, Duration idleness) implements Serializable {
        <T> LiveEdge<T> generator() {
            return new LiveEdge<>(clock, outOfOrder.toMillis(), idleness.toMillis());
        }
    }

    private LiveEdge(WallClock clock, long outOfOrderMillis, long idleMillis) {
        this.clock = clock;
        this.outOfOrderMillis = outOfOrderMillis;
        this.idleMillis = idleMillis;
    }

    @Override
    public void onEvent(T event, long timestampMillis, WatermarkOutput output) {
        newestMillis = Math.max(newestMillis, timestampMillis);
        heard = true;
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        long now = clock.now().toEpochMilli();
        if (heard || lastHeardMillis == Long.MIN_VALUE) {
            lastHeardMillis = now;
            heard = false;
        }
        long silentMillis = now - lastHeardMillis;
        if (silentMillis < idleMillis) {
            if (newestMillis != Long.MIN_VALUE) {
                boolean live = now - newestMillis < EDGE.toMillis();
                long waits = live ? outOfOrderMillis : BACKLOG_OUT_OF_ORDER.toMillis();
                output.emitWatermark(new Watermark(newestMillis - waits - 1));
            }
        } else if (newestMillis != Long.MIN_VALUE && lastHeardMillis - newestMillis < EDGE.toMillis()) {
            output.emitWatermark(new Watermark(newestMillis + silentMillis - idleMillis - outOfOrderMillis - 1));
        } else {
            output.markIdle();
        }
    }
}
