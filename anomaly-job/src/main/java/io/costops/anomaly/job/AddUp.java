package io.costops.anomaly.job;

import io.costops.anomaly.watch.Sums;
import org.apache.flink.api.common.functions.AggregateFunction;

/** Adds up what one place uses in one window. */
final class AddUp implements AggregateFunction<Usage, Sums, Sums> {
    private static final long serialVersionUID = 1L;

    @Override
    public Sums createAccumulator() {
        return Sums.NOTHING;
    }

    @Override
    public Sums add(Usage usage, Sums sums) {
        return sums.plus(usage.sums());
    }

    @Override
    public Sums getResult(Sums sums) {
        return sums;
    }

    @Override
    public Sums merge(Sums a, Sums b) {
        return a.plus(b);
    }
}
