package io.costops.enrichment.pricebook;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.schemas.avro.PriceRevision;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads LiteLLM's model_prices_and_context_window.json, the format that gateway operators already keep: an object
 * with the prices of each model, which all hold from one moment on.
 */
public final class PriceMapReader {
    /** Fields of the file that are no models: an example, and rules that guess a price from a relative's. */
    private static final Set<String> NO_MODELS = Set.of("sample_spec", "fallback_generalizations");

    private PriceMapReader() {}

    /**
     * Reads a whole file.
     *
     * @throws PriceFileException if it isn't a JSON object
     */
    public static PriceImport read(InputStream in, Options options) throws IOException {
        return PriceJson.read(in, json -> readModels(json, options));
    }

    private static PriceImport readModels(JsonParser json, Options options) throws IOException {
        List<PriceRevision> revisions = new ArrayList<>();
        List<Refusal> refusals = new ArrayList<>();
        List<String> freeKeys = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            JsonToken value = json.nextToken();
            if (NO_MODELS.contains(key) || value.isScalarValue()) {
                json.skipChildren();
            } else if (value != JsonToken.START_OBJECT) {
                refusals.add(new Refusal(key, key, "the prices of a model must be an object"));
                json.skipChildren();
            } else {
                PriceEntry entry = PriceEntry.read(json);
                if (keys.add(key)) {
                    if (entry.madeFree()) {
                        freeKeys.add(key);
                    }
                    entry.addTo(revisions, refusals, key, options.effectiveFrom(), options);
                } else {
                    refusals.add(new Refusal(key, key, "the model stands twice: the first one is taken"));
                }
            }
        }
        return new PriceImport(revisions, refusals, freeKeys);
    }
}
