package io.costops.anomaly.watch;

import io.costops.anomaly.detection.SpendOptions;
import java.io.Serializable;
import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the watch judges.
 *
 * @param window length of a window: whole seconds that divide an hour
 * @param coldStart how long a new series is only learned from
 * @param coldStartCap cost within 24 hours above which a new series opens an incident all the same; null for none
 * @param minimumImpact incidents of less impact notify nobody
 * @param minimumImpactPercentOfDay the same as percent of the series' mean day; the larger holds
 */
public record WatchOptions(
        Duration window,
        Duration coldStart,
        @Nullable BigDecimal coldStartCap,
        BigDecimal minimumImpact,
        BigDecimal minimumImpactPercentOfDay)
        implements Serializable {

    public long windowMillis() {
        return window.toMillis();
    }

    SpendOptions spend() {
        SpendOptions defaults = SpendOptions.defaults(window);
        return new SpendOptions(
                window,
                coldStart,
                coldStartCap,
                minimumImpact,
                minimumImpactPercentOfDay.doubleValue() / 100,
                defaults.requestsThreshold(),
                defaults.errorsThreshold(),
                defaults.tokensPerRequestThreshold(),
                defaults.unitPriceThreshold(),
                defaults.driftThreshold());
    }
}
