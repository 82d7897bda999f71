package io.costops.enrichment.pricebook;

import java.math.BigDecimal;

/** The same numbers in the form that is cheapest to multiply. */
final class Decimals {
    private Decimals() {}

    /** Without trailing zeros and with no negative scale, so that almost every rate fits a machine word. */
    static BigDecimal compact(BigDecimal value) {
        BigDecimal stripped = value.stripTrailingZeros();
        return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
    }
}
