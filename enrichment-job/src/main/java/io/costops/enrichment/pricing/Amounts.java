package io.costops.enrichment.pricing;

import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** The ledger's bounds on amounts, tested cheaply. */
final class Amounts {
    private Amounts() {}

    /** {@link LedgerDecimal#fits}, with the common case first: few decimals, far below the bound. */
    static boolean fit(BigDecimal amount) {
        return (amount.scale() >= 0
                        && amount.scale() <= LedgerDecimal.SCALE
                        && amount.precision() - amount.scale() <= LedgerDecimal.SCALE)
                || LedgerDecimal.fits(amount);
    }

    /**
     * An amount that came out of a percentage or an exchange rate, with as many decimals as the ledger holds: rounded once,
     * HALF_EVEN.
     */
    static BigDecimal round(BigDecimal exact) {
        return exact.scale() <= LedgerDecimal.SCALE
                ? exact
                : exact.setScale(LedgerDecimal.SCALE, RoundingMode.HALF_EVEN).stripTrailingZeros();
    }
}
