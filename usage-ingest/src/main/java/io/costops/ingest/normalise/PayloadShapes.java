package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;
import io.costops.ingest.json.JsonObject;
import io.costops.schemas.avro.RejectReason;

/** What every parser says of a payload that is not of its kind. */
final class PayloadShapes {
    static final String ERROR = "error";

    private PayloadShapes() {}

    static Parsing notAnObject(Json payload) {
        return new Parsing.Rejected(new Defect(
                RejectReason.INVALID_FIELD,
                "payload",
                "payload must be the provider's JSON object, but is " + Fields.shown(payload)));
    }

    /**
     * A usage object without any count: empty, there is no usage; with other names in it, it is of another kind, and to
     * call it no usage would hide a cost.
     */
    static void requireCounts(Fields fields, JsonObject usage, String name, CallUsage.Builder call) {
        for (int i = 0; i < usage.size(); i++) {
            if (usage.value(i) != Json.Null.NULL) {
                fields.reject(
                        RejectReason.MISSING_FIELD,
                        usage.path(name),
                        usage.path(name)
                                + " is missing though there is usage: check that source names the payload's kind");
            }
        }
        call.noUsage();
    }
}
