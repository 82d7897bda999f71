package io.costops.infra.books;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.costops.enrichment.pricebook.PriceImport;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.schemas.avro.PriceRevision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("a file of prices")
class PriceSourceTest {
    private static final Options OPTIONS = Options.listFrom(Instant.parse("2026-07-01T00:00:00Z"));

    @TempDir
    private Path folder;

    private Path map = Path.of("unset");

    @BeforeEach
    void writeMap() throws IOException {
        map = Files.writeString(folder.resolve("map.json"), """
                {"right": {"input_cost_per_token": 1e-6},
                 "checked": {"input_cost_per_token": 0.002},
                 "wrong": {"input_cost_per_token": 3}}
                """);
    }

    @Test
    void takes_the_rates_above_the_bound_of_those_keys_alone_that_a_person_checked() {
        PriceImport read = PriceSource.read(map, OPTIONS, Set.of("checked"));

        assertThat(read.revisions())
                .extracting(PriceRevision::getPriceKey, PriceRevision::getUnitChecked)
                .containsExactly(tuple("right", false), tuple("checked", true));
        assertThat(read.refusals()).extracting(Refusal::key).containsExactly("wrong");
    }

    @Test
    void says_where_a_confirmed_key_was_not_refused_at_all() {
        assertThatThrownBy(() -> PriceSource.read(map, OPTIONS, Set.of("right", "chekced")))
                .isInstanceOf(BookException.class)
                .hasMessageContaining("chekced, right");
    }

    @Test
    void is_in_the_currency_that_is_said_for_it() {
        PriceImport read = PriceSource.inCurrency("CNY", PriceSource.read(map, OPTIONS));

        assertThat(read.revisions()).extracting(PriceRevision::getCurrency).containsOnly("CNY");
        assertThatThrownBy(() -> PriceSource.inCurrency("yuan", read)).hasMessageContaining("three capital letters");
    }

    @Test
    void is_the_built_in_one_by_its_name() {
        assertThat(PriceSource.read(Path.of("built-in"), OPTIONS).revisions()).hasSizeGreaterThan(2_900);
    }
}
