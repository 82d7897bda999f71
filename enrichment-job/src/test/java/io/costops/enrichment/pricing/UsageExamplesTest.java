package io.costops.enrichment.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricing.Priced;
import io.costops.enrichment.pricing.Pricing.Unpriced;
import io.costops.schemas.avro.UsageEvent;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("every usage example")
class UsageExamplesTest {
    private final Pricer pricer = new Pricer();

    static Stream<UsageExample> examples() {
        return UsageExample.all().filter(example -> !example.status().equals("no_usage"));
    }

    @Test
    void all_of_them_are_here() {
        assertThat(UsageExample.all()).hasSize(732);
    }

    @ParameterizedTest
    @MethodSource("examples")
    @DisplayName("costs what it says by its own price book")
    void costs_what_it_says_by_its_own_price_book(UsageExample example) {
        costsWhatItSays(example, example.byHistory() ? TestBooks.HISTORY : TestBooks.MAP);
    }

    @ParameterizedTest
    @MethodSource("examples")
    @DisplayName("costs the same by the map and the history together")
    void costs_the_same_by_both_price_books_together(UsageExample example) {
        costsWhatItSays(example, TestBooks.MERGED);
    }

    private void costsWhatItSays(UsageExample example, PriceBook book) {
        UsageEvent event = example.event();
        Pricing pricing = pricer.price(event, book);
        if (example.status().equals("unpriced")) {
            assertThat(pricing).isInstanceOf(Unpriced.class);
            return;
        }
        assertThat(pricing).isInstanceOf(Priced.class);
        Priced priced = (Priced) pricing;
        assertThat(priced.priceKey()).isEqualTo(example.priceKey());
        assertThat(priced.listCost()).isEqualByComparingTo(example.cost());
        assertThat(costs(priced)).isEqualTo(plain(example.breakdown()));
    }

    private static Map<String, String> costs(Priced priced) {
        Map<String, BigDecimal> costs = new TreeMap<>();
        priced.lines().forEach(line -> costs.put(line.meter().wireName(), line.listCost()));
        return plain(costs);
    }

    private static Map<String, String> plain(Map<String, BigDecimal> amounts) {
        Map<String, String> plain = new TreeMap<>();
        amounts.forEach(
                (meter, amount) -> plain.put(meter, amount.stripTrailingZeros().toPlainString()));
        return plain;
    }
}
