package io.costops.enrichment.pricebook;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.costops.enrichment.pricebook.PriceImport.Options;
import io.costops.enrichment.pricebook.PriceImport.Refusal;
import io.costops.schemas.avro.PriceRevision;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads dated prices: {@code {"models": {KEY: [{"effective_from": TIME, "prices": {...} or null}, ...]}}}. Prices of
 * null withdraw the key from then on.
 */
public final class PriceHistoryReader {
    private static final String MODELS = "models";

    private PriceHistoryReader() {}

    /**
     * Reads a whole file.
     *
     * @param options its effectiveFrom isn't used: each revision has its own
     * @throws PriceFileException if it isn't a JSON object with models
     */
    public static PriceImport read(InputStream in, Options options) throws IOException {
        return PriceJson.read(in, json -> readFile(json, options));
    }

    /** Whether a file holds dated prices rather than a map of those of one day. */
    static boolean isHistory(InputStream in) throws IOException {
        return PriceJson.read(in, json -> {
            boolean history = false;
            while (json.nextToken() != JsonToken.END_OBJECT) {
                boolean models = json.currentName().equals(MODELS);
                if (models && json.nextToken() == JsonToken.START_OBJECT) {
                    while (json.nextToken() != JsonToken.END_OBJECT) {
                        history |= json.nextToken() == JsonToken.START_ARRAY;
                        json.skipChildren();
                    }
                } else {
                    if (!models) {
                        json.nextToken();
                    }
                    json.skipChildren();
                }
            }
            return history;
        });
    }

    private static PriceImport readFile(JsonParser json, Options options) throws IOException {
        List<PriceRevision> revisions = new ArrayList<>();
        List<Refusal> refusals = new ArrayList<>();
        boolean models = false;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            boolean here = json.currentName().equals(MODELS);
            if (json.nextToken() == JsonToken.START_OBJECT && here) {
                models = true;
                while (json.nextToken() != JsonToken.END_OBJECT) {
                    String key = json.currentName();
                    json.nextToken();
                    readKey(json, key, options, revisions, refusals);
                }
            } else {
                json.skipChildren();
            }
        }
        if (!models) {
            throw new PriceFileException("a file of dated prices must have an object named models", null);
        }
        return new PriceImport(revisions, refusals, List.of());
    }

    private static void readKey(
            JsonParser json, String key, Options options, List<PriceRevision> revisions, List<Refusal> refusals)
            throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            refusals.add(new Refusal(key, key, "the prices of a model must be a list of dated ones"));
            json.skipChildren();
            return;
        }
        String provider = null;
        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
            String path = "[" + i + "]";
            if (json.currentToken() != JsonToken.START_OBJECT) {
                refusals.add(new Refusal(key, path, "a dated price must be an object"));
                json.skipChildren();
                continue;
            }
            Dated dated = Dated.read(json);
            if (dated.effectiveFrom() == null) {
                refusals.add(new Refusal(
                        key, path + ".effective_from", "effective_from must be a time such as 2026-07-24T00:00:00Z"));
            } else if (dated.entry() != null) {
                dated.entry().addTo(revisions, refusals, key, dated.effectiveFrom(), options);
                provider = dated.entry().provider();
            } else if (dated.withdrawn()) {
                // The provider stays the one of the price that is withdrawn.
                PriceEntry.addWithdrawal(revisions, refusals, key, provider, dated.effectiveFrom(), options);
            } else {
                refusals.add(new Refusal(
                        key, path + ".prices", "prices must be an object, or null where they are withdrawn"));
            }
        }
    }

    /** One element of a key's list. */
    private record Dated(
            @Nullable Instant effectiveFrom, @Nullable PriceEntry entry, boolean withdrawn) {
        static Dated read(JsonParser json) throws IOException {
            Instant effectiveFrom = null;
            PriceEntry entry = null;
            boolean withdrawn = false;
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String field = json.currentName();
                JsonToken value = json.nextToken();
                if (field.equals("effective_from") && value == JsonToken.VALUE_STRING) {
                    effectiveFrom = time(json.getText());
                } else if (field.equals("prices") && value == JsonToken.START_OBJECT) {
                    entry = PriceEntry.read(json);
                } else if (field.equals("prices") && value == JsonToken.VALUE_NULL) {
                    withdrawn = true;
                } else {
                    json.skipChildren();
                }
            }
            return new Dated(effectiveFrom, entry, withdrawn);
        }

        private static @Nullable Instant time(String text) {
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeException notATime) {
                return null;
            }
        }
    }
}
