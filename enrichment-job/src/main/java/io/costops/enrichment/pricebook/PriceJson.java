package io.costops.enrichment.pricebook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.io.InputStream;

/** How files of prices are opened: token by token, with the place of what is malformed. */
final class PriceJson {
    /** NaN and Infinity are taken as tokens, so that they refuse their own entry and not the whole file. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private PriceJson() {}

    /** What is done with the file's one object; the parser stands at its beginning. */
    @FunctionalInterface
    interface Body<T> {
        T read(JsonParser json) throws IOException;
    }

    static <T> T read(InputStream in, Body<T> body) throws IOException {
        try (JsonParser json = FACTORY.createParser(in)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new PriceFileException(
                        "a file of prices must be one JSON object, with a field for each model", null);
            }
            T result = body.read(json);
            if (json.nextToken() != null) {
                throw new PriceFileException(
                        "line " + json.currentLocation().getLineNr() + ": more follows after the end of the object",
                        null);
            }
            return result;
        } catch (JsonProcessingException malformed) {
            String place = malformed.getLocation() == null
                    ? ""
                    : "line " + malformed.getLocation().getLineNr() + ", column "
                            + malformed.getLocation().getColumnNr() + ": ";
            throw new PriceFileException(place + malformed.getOriginalMessage(), malformed);
        }
    }
}
