package io.costops.ingest.normalise;

import java.util.List;

/** What a parser made of a payload. */
sealed interface Parsing {
    /** One use of a model. */
    record Parsed(CallUsage usage) implements Parsing {}

    /** Nothing can be made of it; the record is kept with this reason. */
    record Rejected(Defect defect) implements Parsing {}

    /** There is nothing to bill in it and nothing wrong with it: a container span, a trace. */
    record NotUsage(String why) implements Parsing {}

    /** Several calls in one payload, each with its own outcome. */
    record Several(List<Parsing> parts) implements Parsing {}

    /** The call, unless one of the reads found a defect. */
    static Parsing of(Fields fields, CallUsage.Builder call) {
        Defect defect = fields.defect();
        return defect == null ? new Parsed(call.build()) : new Rejected(defect);
    }
}
