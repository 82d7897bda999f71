package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.ingest.json.JsonReader;
import io.costops.ingest.json.JsonReading;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.usage.UsageRules;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns a raw record into canonical usage or into a rejection that names the field. Pure and thread-safe: the same record
 * at the same place always gives the same outcome.
 */
public final class Normaliser {
    /** Calls in one record: more than a MiB of spans has. */
    private static final int MAX_CALLS = 5_000;

    /** Characters of tags in all events of one record, so that a record can't swell a thousandfold. */
    private static final long MAX_REPEATED_CHARACTERS = 16_000_000;

    private final JsonReader reader = new JsonReader(Topics.MAX_ENVELOPE_BYTES);

    /**
     * Normalises one record of {@code usage.raw}, an envelope.
     *
     * @param record the record's value; null or empty is a rejection
     * @param place where the record stands
     * @param kafkaTimestamp the record's time stamp, the time of receipt where the envelope names none
     * @param headers the record's headers
     * @return at least one outcome; several where the payload holds several calls
     */
    public List<Outcome> normalise(
            byte @Nullable [] record, Origin place, Instant kafkaTimestamp, Map<String, byte[]> headers) {
        byte[] value = record == null ? new byte[0] : record;
        Map<String, Json> attributes = RecordHeaders.cloudEventAttributes(headers);
        // An event that names no kind may be a wrapping around one of our own envelopes.
        boolean isData = CloudEvent.namesKind(attributes);
        JsonReading reading = isData ? reader.readPayload(value, "data") : reader.readEnvelope(value);
        if (reading instanceof JsonReading.Unreadable unreadable) {
            return List.of(rejected(Defect.of(unreadable), null, null, place));
        }
        Json json = ((JsonReading.Value) reading).json();
        if (isData || (!attributes.isEmpty() && !Envelope.isOne(json))) {
            attributes.put("data", json);
            json = JsonObject.of("", attributes);
        }
        if (!(json instanceof JsonObject object)) {
            Defect defect = new Defect(
                    RejectReason.INVALID_FIELD, null, "the record must be a JSON object, but is " + json.kind());
            return List.of(rejected(defect, null, null, place));
        }
        Fields fields = new Fields();
        Envelope envelope = CloudEvent.isOne(object)
                ? Envelope.around(fields, SourceKind.CLOUDEVENTS, object, null)
                : Envelope.read(fields, object);
        return normalise(fields, envelope, value, place, RecordHeaders.request(headers), kafkaTimestamp, true);
    }

    /**
     * Normalises one case of a price dry run, {@code {id, source_kind, context, raw}}, with the very parsers of the
     * topology.
     *
     * @param line the case as JSON; an envelope is taken too
     * @param place what to call the place in identities and rejections
     * @param now the time of receipt where the case names none
     */
    public PriceCase normaliseCase(byte[] line, Origin place, Instant now) {
        JsonReading reading = reader.readEnvelope(line);
        if (reading instanceof JsonReading.Value value
                && value.json() instanceof JsonObject json
                && !Fields.has(json, "payload")
                && (Fields.has(json, "raw") || Fields.has(json, "source_kind"))) {
            return normaliseCase(json, line, place, now);
        }
        List<Outcome> outcomes = normalise(line, place, now, Map.of());
        JsonObject json =
                reading instanceof JsonReading.Value value && value.json() instanceof JsonObject object ? object : null;
        return new PriceCase(Fields.label(json, "id"), priceBook(json), outcomes);
    }

    private PriceCase normaliseCase(JsonObject json, byte[] line, Origin place, Instant now) {
        Fields fields = new Fields();
        Envelope envelope = Envelope.ofCase(fields, json);
        return new PriceCase(
                fields.text(json, "id"), priceBook(json), normalise(fields, envelope, line, place, null, now, false));
    }

    private static @Nullable String priceBook(@Nullable JsonObject json) {
        return Fields.label(Fields.section(json, "context"), "price_book");
    }

    /**
     * Normalises a bare payload.
     *
     * @param payload the provider's or gateway's JSON
     * @param context what an envelope's context would say, as a JSON object; null for nothing
     */
    public List<Outcome> normalise(
            SourceKind kind, byte[] payload, byte @Nullable [] context, Origin place, Instant receivedAt) {
        JsonReading reading = reader.readPayload(payload, "payload");
        if (reading instanceof JsonReading.Unreadable unreadable) {
            return List.of(rejected(Defect.of(unreadable), kind.wireName(), null, place));
        }
        Fields fields = new Fields();
        JsonObject contextJson = null;
        if (context != null) {
            JsonReading contextReading = reader.readPayload(context, "context");
            if (contextReading instanceof JsonReading.Value value && value.json() instanceof JsonObject object) {
                contextJson = object;
            } else {
                fields.reject(RejectReason.MALFORMED_JSON, "context", "context must be a JSON object");
            }
        }
        Envelope envelope = Envelope.around(fields, kind, ((JsonReading.Value) reading).json(), contextJson);
        return normalise(fields, envelope, payload, place, null, receivedAt, false);
    }

    private List<Outcome> normalise(
            Fields fields,
            Envelope envelope,
            byte[] record,
            Origin place,
            @Nullable String request,
            Instant kafkaTimestamp,
            boolean clocked) {
        String source = envelope.source();
        if (source == null) {
            fields.reject(
                    RejectReason.MISSING_FIELD,
                    envelope.sourcePath(),
                    envelope.sourcePath() + " is missing: name the payload's kind, such as openai.chat");
        }
        Defect defect = fields.defect();
        if (defect != null || source == null) {
            return List.of(rejected(Objects.requireNonNull(defect), source, envelope.tenant(), place));
        }
        SourceKind kind = SourceKind.named(source).orElse(null);
        if (kind == null) {
            Defect unknown = new Defect(
                    RejectReason.UNKNOWN_SOURCE,
                    envelope.sourcePath(),
                    envelope.sourcePath()
                            + " names no known kind of payload: use one such as openai.chat or anthropic.messages");
            return List.of(rejected(unknown, source, envelope.tenant(), place));
        }
        EventAssembly raw = new EventAssembly(kind, envelope, record, place, request, kafkaTimestamp);
        if (kind == SourceKind.CLOUDEVENTS && envelope.payload() != null) {
            unwrap(fields, envelope, envelope.payload());
        }
        defect = fields.defect();
        if (defect == null && clocked) {
            defect = receivedInFuture(envelope, kafkaTimestamp);
        }
        if (defect != null) {
            return List.of(raw.outcome(new Parsing.Rejected(defect), null));
        }
        PayloadParser parser = Parsers.of(envelope.innerKind() == null ? kind : envelope.innerKind());
        Json payload = envelope.payload();
        if (payload == null || parser == null) {
            return List.of(withoutPayload(raw, envelope));
        }
        return outcomes(raw, envelope, parser.parse(payload, envelope.context()));
    }

    private void unwrap(Fields fields, Envelope envelope, Json payload) {
        if (payload instanceof JsonObject event) {
            CloudEvent cloudEvent = CloudEvent.read(fields, event, reader);
            if (cloudEvent != null) {
                envelope.wrapped(fields, cloudEvent);
            }
        } else {
            fields.reject(
                    RejectReason.INVALID_FIELD,
                    "payload",
                    "payload must be a CloudEvent, a JSON object, but is " + Fields.shown(payload));
        }
    }

    private static @Nullable Defect receivedInFuture(Envelope envelope, Instant kafkaTimestamp) {
        Instant receivedAt = envelope.receivedAt();
        if (receivedAt == null || !receivedAt.isAfter(kafkaTimestamp.plus(UsageRules.MAX_FUTURE))) {
            return null;
        }
        return new Defect(
                RejectReason.FUTURE_TIME,
                envelope.receivedAtPath(),
                envelope.receivedAtPath() + " " + receivedAt
                        + " is more than an hour after the record's own time stamp " + kafkaTimestamp
                        + ": set the sender's clock");
    }

    private static List<Outcome> outcomes(EventAssembly raw, Envelope envelope, Parsing parsing) {
        if (!(parsing instanceof Parsing.Several several)) {
            return List.of(raw.outcome(parsing, null));
        }
        int calls = several.parts().size();
        if (calls > MAX_CALLS || calls * envelope.repeatedLength() > MAX_REPEATED_CHARACTERS) {
            return List.of(raw.outcome(
                    new Parsing.Rejected(new Defect(
                            RejectReason.TOO_LARGE,
                            "payload",
                            "payload holds " + calls + " calls, each with all of the tags: send at most " + MAX_CALLS
                                    + " calls and " + MAX_REPEATED_CHARACTERS + " characters of tags in all")),
                    null));
        }
        List<Outcome> outcomes = new ArrayList<>(calls);
        for (Parsing part : several.parts()) {
            outcomes.addAll(
                    part instanceof Parsing.Several inner
                            ? raw.outcomes(inner, outcomes.size())
                            : List.of(raw.outcome(part, outcomes.size())));
        }
        return outcomes.isEmpty() ? List.of(raw.outcome(new Parsing.NotUsage("no calls"), null)) : outcomes;
    }

    /** Only a tombstone may come without its payload, and only if its envelope says which event it buries. */
    private static Outcome withoutPayload(EventAssembly raw, Envelope envelope) {
        if (envelope.deleted() && envelope.id() != null) {
            return raw.outcome(new Parsing.Parsed(CallUsage.of(null).noUsage().build()), null);
        }
        return raw.outcome(
                new Parsing.Rejected(new Defect(
                        RejectReason.MISSING_FIELD,
                        envelope.payloadPath(),
                        envelope.payloadPath() + " is missing: send the provider's or gateway's own JSON in it")),
                null);
    }

    private static Outcome rejected(Defect defect, @Nullable String source, @Nullable String tenant, Origin place) {
        return new Outcome.Rejected(
                defect.reason(),
                EventAssembly.bounded(defect.path()),
                EventAssembly.boundedMessage(defect.message()),
                EventAssembly.bounded(source),
                null,
                EventAssembly.bounded(tenant),
                place);
    }
}
