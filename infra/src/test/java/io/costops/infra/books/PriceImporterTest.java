package io.costops.infra.books;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceFiles;
import io.costops.enrichment.pricebook.PriceImport;
import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.registry.InMemorySchemaRegistry;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("an import of prices")
class PriceImporterTest {
    private static final Instant JULY = Instant.parse("2026-07-01T00:00:00Z");
    private static final Instant AUGUST = Instant.parse("2026-08-01T00:00:00Z");

    @Test
    void adds_what_is_new() {
        PriceImporter.Plan plan = PriceImporter.plan(List.of(), List.of(prices(JULY, "1e-6")));

        assertThat(plan.added()).extracting(PriceRevision::getPriceKey).containsExactly("own-model");
        assertThat(plan.unchanged()).isZero();
    }

    @Test
    void changes_nothing_when_it_is_repeated() {
        List<PriceImport> builtIn = List.of(BuiltInPrices.history(), BuiltInPrices.map());
        PriceImporter.Plan first = PriceImporter.plan(List.of(), builtIn);

        PriceImporter.Plan second = PriceImporter.plan(fromTopic(first.added()), builtIn);

        assertThat(first.added()).hasSizeGreaterThan(2_900);
        assertThat(second.added()).isEmpty();
        assertThat(second.unchanged()).isEqualTo(first.added().size() + first.unchanged());
    }

    @Test
    void a_newer_map_adds_only_what_it_changes() {
        List<PriceRevision> held = fromTopic(prices(JULY, "1e-6").revisions());

        assertThat(PriceImporter.plan(held, List.of(prices(AUGUST, "0.0000010")))
                        .unchanged())
                .isEqualTo(1);
        assertThat(PriceImporter.plan(held, List.of(prices(AUGUST, "2e-6"))).added())
                .singleElement()
                .satisfies(revision -> assertThat(revision.getEffectiveFrom()).isEqualTo(AUGUST));
    }

    @Test
    void a_price_that_returns_after_a_change_is_added() {
        List<PriceRevision> held = List.of(
                prices(JULY, "1e-6").revisions().get(0),
                prices(AUGUST, "2e-6").revisions().get(0));

        assertThat(PriceImporter.plan(held, List.of(prices(AUGUST.plusSeconds(1), "1e-6")))
                        .added())
                .hasSize(1);
    }

    @Test
    void a_file_that_differs_at_the_same_time_of_effect_corrects_it() {
        PriceRevision corrected = prices(JULY, "2e-6").revisions().get(0);
        corrected.setRecordedAt(AUGUST);

        assertThat(PriceImporter.plan(prices(JULY, "1e-6").revisions(), List.of(imported(corrected)))
                        .added())
                .containsExactly(corrected);
    }

    @Test
    void what_was_corrected_since_is_not_imported_again() {
        PriceRevision corrected = prices(JULY, "2e-6").revisions().get(0);
        corrected.setRecordedAt(AUGUST);
        List<PriceRevision> held = List.of(prices(JULY, "1e-6").revisions().get(0), corrected);

        PriceImporter.Plan plan = PriceImporter.plan(held, List.of(prices(JULY, "1e-6")));

        assertThat(plan.added()).isEmpty();
        assertThat(plan.superseded()).isEqualTo(1);
    }

    @Test
    void names_the_models_that_are_listed_without_any_rate() {
        assertThat(PriceImporter.plan(List.of(), List.of(BuiltInPrices.map())).freeKeys())
                .hasSize(97);
    }

    @Test
    void keeps_what_was_refused_and_why() {
        assertThat(PriceImporter.plan(List.of(), List.of(prices(JULY, "7"))).refusals())
                .singleElement()
                .satisfies(refusal -> assertThat(refusal.key()).isEqualTo("own-model"));
    }

    private static PriceImport prices(Instant effectiveFrom, String rate) {
        try {
            return PriceFiles.read(
                    ("{\"own-model\": {\"litellm_provider\": \"openai\", \"input_cost_per_token\": " + rate + "}}")
                            .getBytes(StandardCharsets.UTF_8),
                    PriceImport.Options.listFrom(effectiveFrom));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PriceImport imported(PriceRevision revision) {
        return new PriceImport(List.of(revision), List.of(), List.of());
    }

    /** As they come back from Kafka. */
    private static List<PriceRevision> fromTopic(List<PriceRevision> revisions) {
        AvroCodec<PriceRevision> codec =
                new AvroCodec<>(PriceRevision.class, "prices-value", new InMemorySchemaRegistry());
        return revisions.stream()
                .map(revision -> ((Decoded.Value<PriceRevision>) codec.decode(codec.encode(revision))).record())
                .toList();
    }
}
