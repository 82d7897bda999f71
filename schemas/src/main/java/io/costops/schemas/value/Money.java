package io.costops.schemas.value;

import java.math.BigDecimal;

/**
 * An exact amount in one currency; at most 30 decimals, below 10^30 in absolute value.
 *
 * @param amount the amount at scale 30
 * @param currency three capital letters, ISO 4217
 */
public record Money(BigDecimal amount, String currency) {
    public Money {
        amount = LedgerDecimal.fit(amount, "amount");
        requireCurrency(currency);
    }

    public static String requireCurrency(String currency) {
        if (!currency.matches("[A-Z]{3}")) {
            throw new IllegalArgumentException("currency must be three capital letters (ISO 4217): " + currency);
        }
        return currency;
    }

    public Money plus(Money other) {
        if (!currency.equals(other.currency)) {
            throw new IllegalArgumentException("can't add " + other.currency + " to " + currency);
        }
        return new Money(amount.add(other.amount), currency);
    }

    public Money negated() {
        return new Money(amount.negate(), currency);
    }
}
