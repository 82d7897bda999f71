package io.costops.schemas.value;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * The one decimal type of quantities, rates and amounts: 76 digits, 30 of them after the point, as in Avro
 * decimal(76, 30) and ClickHouse Decimal(76, 30).
 *
 * <p>Products of a provider's rule are exact within it, so nothing here rounds: what doesn't fit is refused.
 */
public final class LedgerDecimal {
    public static final int PRECISION = 76;
    public static final int SCALE = 30;

    /**
     * Bound on the absolute value of a single quantity or amount. It leaves 16 decimal digits of head room in the
     * type, so that a sum over 10^16 entries can't wrap in ClickHouse, whose sums don't check.
     */
    public static final BigDecimal MAX_ABSOLUTE = BigDecimal.TEN.pow(30);

    private static final BigInteger ONE_UNSCALED = BigInteger.TEN.pow(SCALE);
    private static final double ONE_UNSCALED_ROUGHLY = ONE_UNSCALED.doubleValue();

    private LedgerDecimal() {}

    public static boolean fits(BigDecimal value) {
        // Refused by its exponent first, so that a literal like 1e1000000 is never expanded.
        return value.precision() - (long) value.scale() <= 31
                && value.scale() <= 1_000
                && value.abs().compareTo(MAX_ABSOLUTE) < 0
                && (value.scale() <= SCALE || value.stripTrailingZeros().scale() <= SCALE);
    }

    /**
     * The same number at scale 30.
     *
     * @param name what the number is, for the message
     * @throws DoesNotFitException if it has more than 30 decimals or is 10^30 or more in absolute value
     */
    public static BigDecimal fit(BigDecimal value, String name) {
        if (!fits(value)) {
            throw new DoesNotFitException(
                    name + " does not fit the ledger's decimal(76, 30): at most 30 decimals and an"
                            + " absolute value below 10^30");
        }
        // The scale of a fitting value can exceed 30 only by trailing zeros.
        return value.stripTrailingZeros().setScale(SCALE);
    }

    /**
     * The same number in the form that is cheapest to work with: without decimals that are zero.
     *
     * <p>Avro hands every quantity over at scale 30; nearly all of them are whole and fit a machine word. The whole number
     * is guessed from the leading digits and proven by multiplying it out, which takes a tenth of the time of a long
     * division.
     */
    public static BigDecimal compact(BigDecimal value) {
        if (value.scale() == 0) {
            return value;
        }
        if (value.scale() == SCALE) {
            BigInteger unscaled = value.unscaledValue();
            long guess = Math.round(unscaled.doubleValue() / ONE_UNSCALED_ROUGHLY);
            if (BigInteger.valueOf(guess).multiply(ONE_UNSCALED).equals(unscaled)) {
                return BigDecimal.valueOf(guess);
            }
        }
        // A negative scale is left alone: to expand a literal like 1e1000000 would fill the memory.
        return value.stripTrailingZeros();
    }

    /** A number that the ledger can't hold exactly. */
    public static final class DoesNotFitException extends ArithmeticException {
        private static final long serialVersionUID = 1L;

        public DoesNotFitException(String message) {
            super(message);
        }
    }
}
