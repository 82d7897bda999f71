package io.costops.ingest.normalise;

import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageStatus;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Which event a record is about: two records with the same id are the same use of a model and one charge.
 *
 * <p>The first that applies (DESIGN.md, "Which event is it"): (a) the response's id, qualified by who issued it; (b)
 * tenant or API key, source and the envelope's id; (c) a hash of the whole envelope, if it says when it was received; (d)
 * the place in Kafka or in a request. Never the payload alone: two equal embeddings are two charges.
 */
final class EventIdentity {
    /** Longer ids are replaced by their hash; the schema's limit is 512. */
    private static final int MAX_READABLE_LENGTH = 400;

    private EventIdentity() {}

    /**
     * The event's id.
     *
     * @param record the whole record, for (c)
     * @param request the door's request and the record's index in it, for (d); null if it came through no door
     * @param element index of the call in its record, null if the record is about one call
     */
    static String of(
            SourceKind kind,
            CallUsage call,
            Envelope envelope,
            @Nullable String apiKeyId,
            @Nullable String tenant,
            byte[] record,
            Origin place,
            @Nullable String request,
            @Nullable Integer element) {
        String part = call.part().isEmpty() ? "" : "/" + call.part();
        String issued = issued(envelope.innerKind() == null ? kind : envelope.innerKind(), call);
        if (issued != null) {
            return issued + part;
        }
        // Several calls of one record that have no ids of their own share what follows, but for their index.
        String index = element == null ? "" : "#" + element;
        if (envelope.id() != null) {
            String scope =
                    tenant != null ? "tenant=" + escaped(tenant) : apiKeyId != null ? "key=" + escaped(apiKeyId) : "-";
            return bounded("envelope:" + scope + ":" + kind.wireName() + ":" + escaped(envelope.id())) + index;
        }
        if (envelope.receivedAt() != null) {
            return "sha256:" + sha256(record) + index;
        }
        String at = request != null
                ? "request:" + escaped(request)
                : "at:" + place.getTopic() + ":" + place.getPartition() + ":" + place.getOffset();
        return bounded(at) + index;
    }

    /** (a): a hit in a gateway's cache repeats an answer and its id, so it goes by the gateway's own id of the call. */
    private static @Nullable String issued(SourceKind kind, CallUsage call) {
        if (call.status() == UsageStatus.GATEWAY_CACHE_HIT || call.responseId() == null) {
            String reporter = call.gateway() != null ? call.gateway() : kind.family();
            return call.reporterCallId() == null ? null : qualified(reporter + "-call", call.reporterCallId());
        }
        String id = ResponseIds.original(call.responseId());
        return qualified(ResponseIds.issuer(id, call.provider(), kind.family()), id);
    }

    private static String qualified(String issuer, String id) {
        return issuer.length() + id.length() < MAX_READABLE_LENGTH
                ? issuer + ":" + id
                : "issued:sha256:" + sha256((issuer + ":" + id).getBytes(StandardCharsets.UTF_8));
    }

    private static String bounded(String id) {
        if (id.length() <= MAX_READABLE_LENGTH) {
            return id;
        }
        return id.substring(0, id.indexOf(':')) + ":sha256:" + sha256(id.getBytes(StandardCharsets.UTF_8));
    }

    /** Keeps the parts of an id apart whatever is in them. */
    private static String escaped(String part) {
        return part.indexOf(':') < 0 && part.indexOf('%') < 0
                ? part
                : part.replace("%", "%25").replace(":", "%3A");
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
