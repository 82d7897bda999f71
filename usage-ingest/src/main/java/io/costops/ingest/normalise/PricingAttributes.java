package io.costops.ingest.normalise;

/** Names of the facts that a rate depends on, beside tier and region. */
final class PricingAttributes {
    /** low, medium or high. */
    static final String SEARCH_CONTEXT_SIZE = "search_context_size";
    /** Queries behind one grounded response, for a price whose unit is the query; the meter counts responses. */
    static final String WEB_SEARCH_QUERIES = "web_search_queries";
    /** Where Anthropic ran the inference. */
    static final String INFERENCE_GEO = "inference_geo";
    /** fast, where Anthropic's fast mode answered. */
    static final String SPEED = "speed";
    /** eu or us, where OpenAI processed in one region only. */
    static final String PROCESSING_REGION = "processing_region";
    /** Azure's deployment type. */
    static final String DEPLOYMENT_TYPE = "deployment_type";
    /** eu or us, where Azure's deployment is bound to a data zone. */
    static final String DATA_ZONE = "data_zone";

    private PricingAttributes() {}
}
