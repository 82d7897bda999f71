package io.costops.sinks.notify.message;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;

/** Amounts for people: rounded for reading, never for reckoning. */
final class Figures {
    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
    private static final int SMALL_DIGITS = 3;
    private static final int MONEY_DIGITS = 2;

    private Figures() {}

    /** Two digits after the point at least, as on an invoice. */
    static String money(BigDecimal amount, String currency) {
        return number(amount, amount.signum() == 0 ? 0 : MONEY_DIGITS) + " " + currency;
    }

    /** A metric's value in its own unit. */
    static String metric(String metric, BigDecimal value, String currency) {
        if (metric.endsWith("_rate") || metric.endsWith("_ratio")) {
            return percent(value.multiply(HUNDRED));
        }
        boolean isMoney = metric.startsWith("cost") || metric.startsWith("spend") || metric.startsWith("forecast");
        return isMoney ? money(value, currency) : number(value);
    }

    static String percent(BigDecimal percent) {
        return number(percent.setScale(1, RoundingMode.HALF_EVEN)) + " %";
    }

    /** Two digits after the point; below one, three that count. */
    static String number(BigDecimal value) {
        return number(value, 0);
    }

    private static String number(BigDecimal value, int leastDigits) {
        BigDecimal rounded = value.abs().compareTo(BigDecimal.ONE) < 0
                ? value.round(new MathContext(SMALL_DIGITS, RoundingMode.HALF_EVEN))
                : value.setScale(2, RoundingMode.HALF_EVEN);
        BigDecimal stripped = rounded.signum() == 0 ? BigDecimal.ZERO : rounded.stripTrailingZeros();
        DecimalFormat format = new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT));
        int fraction = Math.max(leastDigits, stripped.scale());
        format.setMinimumFractionDigits(fraction);
        format.setMaximumFractionDigits(fraction);
        return format.format(stripped);
    }
}
