package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.costops.ingest.json.JsonReader;
import io.costops.schemas.topics.Topics;
import java.io.IOException;
import java.util.Optional;

/**
 * Where a JSON value ends: enough to wrap a payload safely, no opinion on what is in it.
 *
 * <p>Whether the stream takes it is for the stream's own reader to say.
 */
final class StrictJson {
    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(JsonReader.MAX_DEPTH)
                    .maxNumberLength(Topics.MAX_ENVELOPE_BYTES)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Topics.MAX_ENVELOPE_BYTES)
                    .build())
            // Always UTF-8: the bounds of the elements were found in UTF-8.
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            // Names are the sender's: interning them would fill a table of the whole JVM.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private StrictJson() {}

    /** What is wrong with a text that should be one JSON object; empty if nothing is. */
    static Optional<String> problem(byte[] json, int from, int length) {
        try (JsonParser parser = FACTORY.createParser(json, from, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.of("must be a JSON object");
            }
            parser.skipChildren();
            return parser.nextToken() == null
                    ? Optional.empty()
                    : Optional.of("has more text after its JSON object: put one object on each line or in an array");
        } catch (IOException e) {
            return Optional.of("is not valid JSON: " + why(e));
        }
    }

    /** The parser's reason and the place, without an excerpt of the sender's text. */
    static String why(IOException e) {
        if (e instanceof JsonProcessingException json) {
            String reason = json.getOriginalMessage();
            return json.getLocation() == null
                    ? reason
                    : reason + " (at byte " + json.getLocation().getByteOffset() + " of the element)";
        }
        return String.valueOf(e.getMessage());
    }
}
