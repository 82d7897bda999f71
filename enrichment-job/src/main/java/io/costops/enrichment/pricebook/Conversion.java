package io.costops.enrichment.pricebook;

import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * How an amount comes from one currency into another: times a rate, or divided by the rate of the opposite direction, as
 * central banks quote only one.
 *
 * @param revisionId identity of the exchange rate; null where there is nothing to convert
 */
public record Conversion(@Nullable String revisionId, BigDecimal times, BigDecimal dividedBy) {
    /** Both currencies are one. */
    public static final Conversion NONE = new Conversion(null, BigDecimal.ONE, BigDecimal.ONE);

    /** Field of a revision of scope exchange_rate. */
    public static final String RATE = "rate";

    /** The exact amount in the other currency if it has an end, else with as many digits as the ledger holds. */
    public BigDecimal convert(BigDecimal exact) {
        if (!applies()) {
            return exact;
        }
        BigDecimal product = exact.multiply(times);
        return dividedBy.compareTo(BigDecimal.ONE) == 0
                ? product
                : product.divide(dividedBy, LedgerDecimal.SCALE, RoundingMode.HALF_EVEN);
    }

    public boolean applies() {
        return revisionId != null;
    }
}
