package io.costops.ingest.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.costops.ingest.json.JsonReader;
import io.costops.schemas.topics.Topics;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
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

    /** The end of a path says more than its begin. */
    private static final int MAX_PATH_LENGTH = 150;

    private StrictJson() {}

    /** What is wrong with a text that should be one JSON object; empty if nothing is. */
    static Optional<Fault> fault(int index, byte[] json, int from, int length) {
        try (JsonParser parser = FACTORY.createParser(json, from, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.of(Fault.malformed(index, "the payload must be a JSON object"));
            }
            parser.skipChildren();
            return parser.nextToken() == null
                    ? Optional.empty()
                    : Optional.of(
                            Fault.malformed(
                                    index,
                                    "the payload has more text after its JSON object: put one object on each line or in an array"));
        } catch (IOException e) {
            return Optional.of(Fault.malformed(index, field(e), "the payload is not valid JSON: " + why(e)));
        }
    }

    /** The reason in a sender's words and the place, without an excerpt of the text. */
    static String why(IOException e) {
        if (e instanceof JsonProcessingException json) {
            String reason = reason(json);
            return json.getLocation() == null
                    ? reason
                    : reason + " (at byte " + json.getLocation().getByteOffset() + " of the element)";
        }
        return String.valueOf(e.getMessage());
    }

    private static String reason(JsonProcessingException e) {
        String reason = String.valueOf(e.getOriginalMessage());
        if (e instanceof StreamConstraintsException && reason.contains("nesting depth")) {
            return "it is nested deeper than " + JsonReader.MAX_DEPTH + " levels: leave prompts and answers out";
        }
        if (reason.startsWith("Non-standard token")) {
            return "NaN and Infinity are no numbers of JSON: send the number, or null";
        }
        int advice = reason.indexOf(": enable `");
        return advice < 0 ? reason : reason.substring(0, advice);
    }

    /** Path of the member that the reading ended in; empty if it isn't known. */
    static String field(IOException e) {
        if (!(e instanceof JsonProcessingException json) || !(json.getProcessor() instanceof JsonParser parser)) {
            return "";
        }
        Deque<String> steps = new ArrayDeque<>();
        int length = 0;
        JsonStreamContext context = parser.getParsingContext();
        while (context != null && !context.inRoot() && length <= MAX_PATH_LENGTH) {
            String step = context.inArray()
                    ? "[" + Math.max(0, context.getCurrentIndex()) + "]"
                    : context.getCurrentName() == null ? "" : "." + context.getCurrentName();
            steps.push(step);
            length += step.length();
            context = context.getParent();
        }
        String path = String.join("", steps);
        return path.startsWith(".") ? path.substring(1) : path;
    }
}
