package io.costops.enrichment.pricing;

import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;

/** The ledger's bound on amounts, tested cheaply. */
final class Amounts {
    private Amounts() {}

    /** {@link LedgerDecimal#fits}, with the common case first: few decimals, far below the bound. */
    static boolean fit(BigDecimal amount) {
        return (amount.scale() >= 0
                        && amount.scale() <= LedgerDecimal.SCALE
                        && amount.precision() - amount.scale() <= LedgerDecimal.SCALE)
                || LedgerDecimal.fits(amount);
    }
}
