package io.costops.infra.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.demo.RawRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Lets a correction change more than the units: the project, for some the tenant, the model and the time too, back over
 * the month's end. All of it has to move in every roll-up.
 */
final class Displacement {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MOVED = "moved";
    private static final int MOST_DAYS_BACK = 40;
    /** Both have a public price, so that what a correction books is known beforehand. */
    private static final Map<String, String> OTHER_MODEL = Map.of(
            "gpt-5.4-mini-2026-03-17", "gpt-5.4-2026-03-05",
            "claude-sonnet-5", "claude-opus-4-8");

    private static final List<String> PAYLOAD_TIMES = List.of("created", "startTime", "endTime");

    private final Random random;

    Displacement(long seed) {
        this.random = new Random(seed);
    }

    /** The record itself, if it is no correction. */
    RawRecord of(RawRecord record) {
        if (!record.value().contains("\"revision\":")) {
            return record;
        }
        try {
            if (!(JSON.readTree(record.value()) instanceof ObjectNode envelope)
                    || envelope.path("deleted").asBoolean()) {
                return record;
            }
            displace(envelope);
            return new RawRecord(record.key(), JSON.writeValueAsString(envelope), record.arrival());
        } catch (JsonProcessingException malformed) {
            return record;
        }
    }

    private void displace(ObjectNode envelope) {
        envelope.put("project", "moved-" + random.nextInt(3));
        if (random.nextBoolean()) {
            envelope.put("tenant", MOVED);
        }
        if (!(envelope.path("payload") instanceof ObjectNode response)) {
            return;
        }
        if (random.nextBoolean()) {
            Instant received = Instant.parse(envelope.path("received_at").asText());
            moveTo(received.minus(Duration.ofDays(1L + random.nextInt(MOST_DAYS_BACK))), envelope, response);
        }
        String other = OTHER_MODEL.get(response.path("model").asText());
        if (other != null && random.nextBoolean()) {
            response.put("model", other);
        }
    }

    /**
     * Where a payload says the time itself, the envelope's counts for nothing. The key is one of no rule: which rules hold so
     * far back depends on what else the platform was told.
     */
    private static void moveTo(Instant time, ObjectNode envelope, ObjectNode response) {
        envelope.put("event_time", time.toString());
        envelope.put("tenant", MOVED);
        envelope.put("api_key_id", "key-moved");
        for (String field : PAYLOAD_TIMES) {
            if (response.has(field)) {
                response.put(field, time.getEpochSecond());
            }
        }
    }
}
