package io.costops.infra.books;

import java.math.BigDecimal;

/** Decimals as text, so that no reader rounds them. */
final class Plain {
    private Plain() {}

    /** Every digit, no zeros at the end and no exponent. */
    static String of(BigDecimal number) {
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }
}
