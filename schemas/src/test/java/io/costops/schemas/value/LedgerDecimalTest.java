package io.costops.schemas.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A ledger decimal")
class LedgerDecimalTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-0.0000410536",
                "0.000000000000000000000000000001",
                "999999999999999999999999999999.999999999999999999999999999999",
                "1e29",
                "1.50000000000000000000000000000000000000",
            })
    void keeps_every_digit(String literal) {
        assertThat(LedgerDecimal.fit(new BigDecimal(literal), "amount"))
                .isEqualByComparingTo(literal)
                .hasScaleOf(30);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e30", "-1e30", "1e400", "1e1000000000", "1e-31", "0.0000000000000000000000000000005"})
    void refuses_what_it_would_have_to_round_or_wrap(String literal) {
        assertThatThrownBy(() -> LedgerDecimal.fit(new BigDecimal(literal), "reported_cost"))
                .isInstanceOf(LedgerDecimal.DoesNotFitException.class)
                .hasMessageStartingWith("reported_cost does not fit");
    }

    @Test
    @DisplayName("refuses an exponent of a billion without expanding it")
    void refuses_huge_exponents_cheaply() {
        assertThat(LedgerDecimal.fits(new BigDecimal("1e-1000000000"))).isFalse();
        assertThat(LedgerDecimal.fits(new BigDecimal("1e2000000000"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void has_a_compact_form_that_is_the_same_number(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            BigDecimal value = new BigDecimal(new BigInteger(random.nextInt(100), random), random.nextInt(35));
            BigDecimal signed = random.nextBoolean() ? value : value.negate();
            BigDecimal asAvroHoldsIt =
                    signed.scale() > LedgerDecimal.SCALE ? signed : signed.setScale(LedgerDecimal.SCALE);

            assertThat(LedgerDecimal.compact(asAvroHoldsIt).toPlainString())
                    .isEqualTo(asAvroHoldsIt.stripTrailingZeros().toPlainString());
            assertThat(LedgerDecimal.compact(asAvroHoldsIt).scale() > 0)
                    .as("whether %s has decimals", signed)
                    .isEqualTo(asAvroHoldsIt.stripTrailingZeros().scale() > 0);
        }
    }
}
