package io.costops.ingest.normalise;

import io.costops.ingest.json.JsonObject;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageStatus;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One use of a model, as a payload tells it: everything but who it belongs to. Made by its builder, then read only. */
final class CallUsage {
    private final Builder is;

    private CallUsage(Builder builder) {
        this.is = builder;
    }

    static Builder of(@Nullable String provider) {
        return new Builder(provider);
    }

    UsageStatus status() {
        return is.status;
    }

    @Nullable
    String provider() {
        return is.provider;
    }

    @Nullable
    String gateway() {
        return is.gateway;
    }

    @Nullable
    String responseId() {
        return is.responseId;
    }

    /** Set where the reporter gave the call an id of its own that stands for it. */
    @Nullable
    String reporterCallId() {
        return is.reporterCallId;
    }

    /** Tells the calls of one response apart; empty for the call itself. */
    String part() {
        return is.part;
    }

    @Nullable
    String model() {
        return is.model;
    }

    /** Path of the model's field, for the message that it is missing. */
    String modelPath() {
        return path(is.modelIn, is.modelName, "model");
    }

    @Nullable
    String requestModel() {
        return is.requestModel;
    }

    @Nullable
    Instant eventTime() {
        return is.eventTime;
    }

    String eventTimePath() {
        return path(is.timeIn, is.timeName, "event_time");
    }

    @Nullable
    String region() {
        return is.region;
    }

    String serviceTier() {
        return is.serviceTier;
    }

    List<MeterQuantity> meters() {
        return is.status == UsageStatus.NO_USAGE ? new java.util.ArrayList<>(0) : is.quantities.lines();
    }

    Map<String, String> pricingAttributes() {
        return is.pricingAttributes;
    }

    @Nullable
    BigDecimal reportedCost() {
        return is.reportedCost;
    }

    @Nullable
    Long latencyMs() {
        return is.latencyMs;
    }

    @Nullable
    String outcome() {
        return is.outcome;
    }

    /** What the payload itself says of who the call belongs to, by the envelope's names; the envelope's own values win. */
    Map<String, String> attribution() {
        return is.attribution;
    }

    Map<String, String> tags() {
        return is.tags;
    }

    private static String path(@Nullable JsonObject in, String name, String otherwise) {
        return in == null ? otherwise : in.path(name);
    }

    /** Collects what a parser reads. */
    static final class Builder {
        private final @Nullable String provider;
        private final Quantities quantities = new Quantities();
        private UsageStatus status = UsageStatus.BILLABLE;
        private @Nullable String gateway;
        private @Nullable String responseId;
        private @Nullable String reporterCallId;
        private String part = "";
        private @Nullable String model;
        private @Nullable JsonObject modelIn;
        private String modelName = "model";
        private @Nullable String requestModel;
        private @Nullable Instant eventTime;
        private @Nullable JsonObject timeIn;
        private String timeName = "event_time";
        private @Nullable String region;
        private String serviceTier = ServiceTiers.STANDARD;
        private Map<String, String> pricingAttributes = Map.of();
        private @Nullable BigDecimal reportedCost;
        private @Nullable Long latencyMs;
        private @Nullable String outcome;
        private Map<String, String> attribution = Map.of();
        private Map<String, String> tags = Map.of();

        private Builder(@Nullable String provider) {
            this.provider = provider;
        }

        /** Where the units go. */
        Quantities quantities() {
            return quantities;
        }

        Builder status(UsageStatus is) {
            status = is;
            return this;
        }

        Builder noUsage() {
            return status(UsageStatus.NO_USAGE);
        }

        Builder gateway(String name) {
            gateway = name;
            return this;
        }

        Builder responseId(@Nullable String id) {
            responseId = id;
            return this;
        }

        Builder reporterCallId(@Nullable String id) {
            reporterCallId = id;
            return this;
        }

        Builder part(String name) {
            part = name;
            return this;
        }

        /**
         * The model that is priced: what the response names, else what was asked for.
         *
         * @param in where the response names it
         */
        Builder model(@Nullable JsonObject in, String name, @Nullable String reported, @Nullable String requested) {
            modelIn = in;
            modelName = name;
            model = reported != null ? reported : requested;
            requestModel = requested;
            return this;
        }

        Builder eventTime(@Nullable JsonObject in, String name, @Nullable Instant time) {
            timeIn = in;
            timeName = name;
            eventTime = time;
            return this;
        }

        Builder region(@Nullable String name) {
            region = name;
            return this;
        }

        Builder serviceTier(String canonical) {
            serviceTier = canonical;
            return this;
        }

        Builder pricingAttribute(String name, @Nullable String value) {
            if (value != null) {
                if (pricingAttributes.isEmpty()) {
                    pricingAttributes = new HashMap<>(4);
                }
                pricingAttributes.put(name, value);
            }
            return this;
        }

        Builder reportedCost(@Nullable BigDecimal amountUsd) {
            reportedCost = amountUsd;
            return this;
        }

        Builder latencyMs(@Nullable Long milliseconds) {
            latencyMs = milliseconds;
            return this;
        }

        Builder outcome(@Nullable String reported) {
            outcome = reported;
            return this;
        }

        Builder attribution(String envelopeName, @Nullable String value) {
            if (value != null) {
                if (attribution.isEmpty()) {
                    attribution = new HashMap<>(8);
                }
                attribution.put(envelopeName, value);
            }
            return this;
        }

        Builder tag(String name, @Nullable String value) {
            if (value != null) {
                if (tags.isEmpty()) {
                    tags = new HashMap<>(4);
                }
                tags.put(name, value);
            }
            return this;
        }

        CallUsage build() {
            return new CallUsage(this);
        }
    }
}
