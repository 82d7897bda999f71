package io.costops.enrichment.pricebook;

import java.math.BigDecimal;

/**
 * A discount or mark-up that holds for a model at a moment.
 *
 * @param revisionId identity of the revision that says so
 * @param percent 0 or more
 */
public record Percentage(String revisionId, BigDecimal percent) {
    /** Field of a revision of scope discount. */
    public static final String DISCOUNT = "discount_percent";

    /** Field of a revision of scope markup. */
    public static final String MARKUP = "markup_percent";

    private static final int PERCENT_DIGITS = 2;

    /** 0.85 for 15 percent off. */
    public BigDecimal discountFactor() {
        return BigDecimal.ONE.subtract(percent.movePointLeft(PERCENT_DIGITS));
    }

    /** 1.05 for 5 percent on top. */
    public BigDecimal markupFactor() {
        return BigDecimal.ONE.add(percent.movePointLeft(PERCENT_DIGITS));
    }
}
