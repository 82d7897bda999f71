package io.costops.enrichment.pricebook;

/**
 * A key that a model may be priced by, and how it came out of the model's name.
 *
 * @param key in lower case
 */
public record KeyMatch(String key, Rule rule) {
    /** What was done to the name last. */
    public enum Rule {
        EXACT("the model's name"),
        FINE_TUNE("the fine-tuned base, without organisation and job"),
        WITHOUT_CONTEXT_SIZE("without the context size"),
        WITHOUT_GEOGRAPHY("without the geography's prefix"),
        WITHOUT_VERSION("without the version"),
        BEFORE_AT("the part before @"),
        WITHOUT_001("without -001"),
        WITHOUT_DATE("without the date"),
        AS_REPORTED("exactly as reported");

        private final String description;

        Rule(String description) {
            this.description = description;
        }

        public String description() {
            return description;
        }
    }
}
