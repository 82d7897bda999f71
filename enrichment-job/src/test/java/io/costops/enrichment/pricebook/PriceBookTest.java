package io.costops.enrichment.pricebook;

import static io.costops.enrichment.pricebook.TestPrices.INPUT;
import static io.costops.enrichment.pricebook.TestPrices.price;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.PriceRevision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("the price book")
class PriceBookTest {
    private final PriceBook book = new PriceBook();

    @Nested
    @DisplayName("when a price changes at noon")
    class PriceChange {
        @Test
        void usage_before_noon_pays_the_old_price_and_from_noon_on_the_new_one() {
            book.add(price("m").from("2026-03-01T00:00:00Z").rate(INPUT, "1").revision());
            book.add(price("m").from("2026-03-02T12:00:00Z").rate(INPUT, "2").revision());

            assertThat(rateAt("2026-03-02T11:59:59.999999Z")).isEqualTo("1");
            assertThat(rateAt("2026-03-02T12:00:00Z")).isEqualTo("2");
            assertThat(rateAt("2030-01-01T00:00:00Z")).isEqualTo("2");
        }

        @Test
        void usage_before_the_first_price_has_none() {
            book.add(price("M").from("2026-03-01T00:00:00Z").rate(INPUT, "1").revision());

            assertThat(lookup("m", "2026-02-28T23:59:59.999999Z"))
                    .isEqualTo(new PriceLookup.NotYetEffective("M", Instant.parse("2026-03-01T00:00:00Z")));
        }

        @Test
        void a_price_that_arrives_late_holds_in_its_period() {
            book.add(price("m").from("2026-03-03T00:00:00Z").rate(INPUT, "3").revision());
            book.add(price("m")
                    .from("2026-03-01T00:00:00Z")
                    .recorded("2026-06-01T00:00:00Z")
                    .rate(INPUT, "1")
                    .revision());

            assertThat(rateAt("2026-03-02T00:00:00Z")).isEqualTo("1");
            assertThat(rateAt("2026-03-04T00:00:00Z")).isEqualTo("3");
        }

        @Test
        void a_correction_recorded_later_replaces_the_price_of_the_same_time() {
            PriceRevision wrong = price("m").rate(INPUT, "1").revision();
            PriceRevision right = price("m")
                    .recorded("2026-01-05T00:00:00Z")
                    .rate(INPUT, "0.5")
                    .revision();

            assertThat(book.add(right)).isTrue();
            assertThat(book.add(wrong)).isFalse();

            assertThat(rateAt("2026-02-01T00:00:00Z")).isEqualTo("0.5");
            assertThat(book.size()).isEqualTo(1);
        }

        @Test
        void a_withdrawn_key_has_no_price_until_it_returns() {
            book.add(price("m").from("2026-03-01T00:00:00Z").rate(INPUT, "1").revision());
            book.add(price("m").from("2026-03-02T00:00:00Z").withdrawn().revision());
            book.add(price("m").from("2026-03-03T00:00:00Z").rate(INPUT, "3").revision());

            assertThat(rateAt("2026-03-01T12:00:00Z")).isEqualTo("1");
            assertThat(lookup("m", "2026-03-02T12:00:00Z")).isInstanceOf(PriceLookup.Withdrawn.class);
            assertThat(rateAt("2026-03-03T00:00:00Z")).isEqualTo("3");
        }

        @Test
        void a_withdrawal_does_not_open_the_way_to_a_relative() {
            book.add(price("m-2026-01-01").rate(INPUT, "1").revision());
            book.add(price("m-2026-01-01")
                    .from("2026-02-01T00:00:00Z")
                    .withdrawn()
                    .revision());
            book.add(price("m").rate(INPUT, "9").revision());

            assertThat(lookup("m-2026-01-01", "2026-03-01T00:00:00Z")).isInstanceOf(PriceLookup.Withdrawn.class);
        }

        @Test
        void a_key_that_is_not_effective_yet_leaves_the_next_variant_of_the_name_to_price() {
            book.add(price("m").from("2026-01-01T00:00:00Z").rate(INPUT, "1").revision());
            book.add(price("m-2026-01-01")
                    .from("2026-07-01T00:00:00Z")
                    .rate(INPUT, "2")
                    .revision());

            assertThat(rateOf("m-2026-01-01", "2026-06-30T00:00:00Z")).isEqualTo("1");
            assertThat(rateOf("m-2026-01-01", "2026-07-01T00:00:00Z")).isEqualTo("2");
        }
    }

    @Nested
    @DisplayName("when a revision is added")
    class Adding {
        @Test
        void the_same_one_again_changes_nothing() {
            assertThat(book.add(price("m").rate(INPUT, "1").revision())).isTrue();
            assertThat(book.add(price("m").rate(INPUT, "1").revision())).isFalse();
            assertThat(book.size()).isEqualTo(1);
        }

        @Test
        void the_same_identity_with_other_rates_is_the_topics_newest_word() {
            book.add(price("m").rate(INPUT, "1").revision());

            assertThat(book.add(price("m").rate(INPUT, "2").revision())).isTrue();

            assertThat(rateAt("2026-02-01T00:00:00Z")).isEqualTo("2");
        }

        @Test
        void looked_up_models_see_it_at_once() {
            assertThat(lookup("m", "2026-02-01T00:00:00Z")).isInstanceOf(PriceLookup.UnknownModel.class);

            book.add(price("m").rate(INPUT, "1").revision());

            assertThat(rateAt("2026-02-01T00:00:00Z")).isEqualTo("1");
        }

        @Test
        void of_two_spellings_of_a_key_the_same_one_holds_in_whatever_order_they_come() {
            PriceRevision lower = price("baai/bge").rate(INPUT, "1").revision();
            PriceRevision upper = price("BAAI/bge").rate(INPUT, "1").revision();
            PriceBook other = new PriceBook();

            book.add(lower);
            book.add(upper);
            other.add(upper);
            other.add(lower);

            assertThat(book.revisions()).isEqualTo(other.revisions()).containsExactly(upper);
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
        void any_order_and_any_number_of_repeats_give_the_same_book(long seed) {
            Random random = new Random(seed);
            List<PriceRevision> revisions = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                TestPrices price = price((random.nextBoolean() ? "m" : "M") + random.nextInt(12))
                        .scope(random.nextInt(4) == 0 ? "tenant:acme" : "list")
                        .from("2026-01-0" + (1 + random.nextInt(9)) + "T00:00:00Z")
                        // Distinct, as no two revisions of a key are recorded at the same moment.
                        .recorded("2026-02-01T00:%02d:%02dZ".formatted(i / 60, i % 60));
                revisions.add(
                        random.nextInt(5) == 0
                                ? price.withdrawn().revision()
                                : price.rate(INPUT, "0.00" + (1 + random.nextInt(9)))
                                        .revision());
            }
            revisions.forEach(book::add);
            List<PriceRevision> replayed = new ArrayList<>(revisions);
            replayed.addAll(revisions.subList(0, 100));
            Collections.shuffle(replayed, random);
            PriceBook other = new PriceBook();
            replayed.forEach(other::add);

            assertThat(other.revisions()).isEqualTo(book.revisions());
            for (int i = 0; i < 200; i++) {
                String model = "m" + random.nextInt(14);
                Instant at = Instant.parse("2025-12-30T00:00:00Z").plusSeconds(random.nextInt(15 * 86_400));
                assertThat(id(other.lookup("list", "openai", model, null, at)))
                        .isEqualTo(id(book.lookup("list", "openai", model, null, at)));
            }
        }
    }

    @Nested
    @DisplayName("in a scope")
    class Scopes {
        @Test
        void a_tenants_own_prices_are_apart_from_the_public_ones() {
            book.add(price("m").rate(INPUT, "1").revision());
            book.add(price("m").scope("tenant:acme").rate(INPUT, "0.8").revision());
            Instant at = Instant.parse("2026-02-01T00:00:00Z");

            assertThat(rate(book.lookup("list", "openai", "m", null, at))).isEqualTo("1");
            assertThat(rate(book.lookup("tenant:acme", "openai", "m", null, at)))
                    .isEqualTo("0.8");
            assertThat(book.lookup("tenant:zeta", "openai", "m", null, at))
                    .isInstanceOf(PriceLookup.UnknownModel.class);
        }
    }

    @Test
    void a_revision_is_named_by_scope_key_and_both_times() {
        PriceRevision revision = price("gpt-4o")
                .from("2026-07-24T00:00:00Z")
                .recorded("2026-07-25T10:00:00.5Z")
                .revision();

        assertThat(PriceRevisions.idOf(revision))
                .isEqualTo("list/gpt-4o@2026-07-24T00:00:00Z#2026-07-25T10:00:00.500Z");
    }

    private PriceLookup lookup(String model, String at) {
        return book.lookup(PriceBook.LIST, "openai", model, null, Instant.parse(at));
    }

    private String rateAt(String at) {
        return rateOf("m", at);
    }

    private String rateOf(String model, String at) {
        return rate(lookup(model, at));
    }

    private static String rate(PriceLookup lookup) {
        assertThat(lookup).isInstanceOf(PriceLookup.Found.class);
        PriceRevision revision = ((PriceLookup.Found) lookup).price().revision();
        return Objects.requireNonNull(revision.getRates().get(INPUT))
                .stripTrailingZeros()
                .toPlainString();
    }

    private static @Nullable String id(PriceLookup lookup) {
        if (lookup instanceof PriceLookup.Found found) {
            return found.price().id();
        }
        return lookup instanceof PriceLookup.Withdrawn withdrawn
                ? withdrawn.price().id()
                : null;
    }
}
