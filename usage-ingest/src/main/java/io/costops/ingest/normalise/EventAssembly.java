package io.costops.ingest.normalise;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.usage.UsageRules;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes events of one record: what its calls say, and what they have in common. */
final class EventAssembly {
    private static final int MAX_MESSAGE_LENGTH = 2_000;

    private final SourceKind kind;
    private final Envelope envelope;
    private final byte[] record;
    private final Origin place;
    private final Instant kafkaTimestamp;
    private final @Nullable String request;

    EventAssembly(
            SourceKind kind,
            Envelope envelope,
            byte[] record,
            Origin place,
            @Nullable String request,
            Instant kafkaTimestamp) {
        this.kind = kind;
        this.envelope = envelope;
        this.record = record;
        this.place = place;
        this.request = request;
        this.kafkaTimestamp = kafkaTimestamp;
    }

    /** Calls of one response, numbered on from the first. */
    List<Outcome> outcomes(Parsing.Several several, int first) {
        List<Outcome> outcomes = new ArrayList<>(several.parts().size());
        for (Parsing part : several.parts()) {
            outcomes.add(outcome(part, first + outcomes.size()));
        }
        return outcomes;
    }

    /**
     * @param element index of the call in the record, null if it is the only one
     */
    Outcome outcome(Parsing parsing, @Nullable Integer element) {
        if (parsing instanceof Parsing.Parsed parsed) {
            return usage(parsed.usage(), element);
        } else if (parsing instanceof Parsing.Rejected rejected) {
            return reject(rejected.defect(), null, element);
        } else if (parsing instanceof Parsing.NotUsage nothing) {
            return new Outcome.Ignored(kind.wireName(), nothing.why());
        }
        throw new IllegalStateException("several calls are collected one by one");
    }

    private Outcome usage(CallUsage call, @Nullable Integer element) {
        Dimensions dimensions = envelope.dimensions(call.attribution(), element == null);
        Instant receivedAt = envelope.receivedAt() == null ? kafkaTimestamp : envelope.receivedAt();
        UsageEvent event = new UsageEvent();
        event.setEventId(EventIdentity.of(
                kind,
                call,
                envelope,
                dimensions.getApiKeyId(),
                dimensions.getTenant(),
                record,
                place,
                request,
                element));
        event.setRevision(envelope.revision());
        event.setDeleted(envelope.deleted());
        event.setStatus(call.status());
        event.setSourceKind(kind.wireName());
        event.setInnerKind(
                envelope.innerKind() == null ? null : envelope.innerKind().wireName());
        event.setGateway(call.gateway());
        event.setProvider(call.provider());
        event.setResponseId(call.responseId());
        event.setModel(call.model());
        event.setRequestModel(call.requestModel());
        event.setEventTime(first(call.eventTime(), envelope.eventTime(), receivedAt));
        event.setReceivedAt(receivedAt);
        event.setDimensions(dimensions);
        event.setTags(envelope.tags(call.tags(), element == null));
        event.setRegion(call.region());
        event.setServiceTier(call.serviceTier());
        event.setMeters(call.meters());
        event.setPricingAttributes(call.pricingAttributes());
        event.setReportedCost(call.reportedCost());
        event.setReportedCostCurrency("USD");
        event.setLatencyMs(envelope.latencyMs() != null ? envelope.latencyMs() : call.latencyMs());
        event.setOutcome(call.outcome());
        event.setAttempt(envelope.attempt());
        event.setQuality(envelope.quality());
        event.setOrigin(at(element));
        Optional<UsageRules.Violation> violation = UsageRules.violation(event);
        return violation.isEmpty()
                ? new Outcome.Usage(event)
                : reject(defect(violation.get(), call), event.getEventId(), element);
    }

    private static Instant first(@Nullable Instant one, @Nullable Instant other, Instant last) {
        return one != null ? one : other != null ? other : last;
    }

    /** The rules speak of the event's fields; the sender knows the envelope's and the payload's. */
    private Defect defect(UsageRules.Violation violation, CallUsage call) {
        String field = violation.field();
        String path = switch (field) {
            case "model" -> call.modelPath();
            case "event_time" -> call.eventTime() != null ? call.eventTimePath() : envelope.eventTimePath();
            case "region" -> "context.region";
            case "request_model" -> "context.request_model";
            case "event_id" -> call.responseId() != null ? "payload.id" : "id";
            case "dimensions.agent_run",
                    "dimensions.agent_step",
                    "dimensions.prompt_hash",
                    "dimensions.experiment",
                    "dimensions.variant" -> "context." + field.substring("dimensions.".length());
            default -> field.startsWith("dimensions.") ? field.substring("dimensions.".length()) : field;
        };
        return new Defect(violation.reason(), path, violation.message());
    }

    private Outcome reject(Defect defect, @Nullable String eventId, @Nullable Integer element) {
        return new Outcome.Rejected(
                defect.reason(),
                bounded(defect.path()),
                boundedMessage(defect.message()),
                kind.wireName(),
                eventId == null || eventId.length() > UsageRules.MAX_ID_LENGTH ? null : eventId,
                bounded(envelope.tenant()),
                at(element));
    }

    private Origin at(@Nullable Integer element) {
        if (element == null && request == null) {
            return place;
        }
        String within = element == null ? "" : "#" + element;
        return new Origin(
                place.getTopic(),
                place.getPartition(),
                place.getOffset(),
                bounded((request == null ? "" : request) + within));
    }

    /** Text of a sender's that goes into a rejection: never longer than a name may be. */
    static @Nullable String bounded(@Nullable String text) {
        return text == null || text.length() <= UsageRules.MAX_NAME_LENGTH
                ? text
                : text.substring(0, UsageRules.MAX_NAME_LENGTH);
    }

    static String boundedMessage(String message) {
        return message.length() <= MAX_MESSAGE_LENGTH ? message : message.substring(0, MAX_MESSAGE_LENGTH - 3) + "...";
    }
}
