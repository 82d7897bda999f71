package io.costops.infra.demo;

/**
 * What one call used, in disjoint kinds, before any provider's way of reporting it.
 *
 * @param uncachedInput input tokens that no cache served or stored
 * @param cacheRead input tokens read from the prompt cache
 * @param cacheWrite5m input tokens written to the prompt cache for five minutes
 * @param cacheWrite1h input tokens written to the prompt cache for an hour
 * @param text output tokens of the answer
 * @param reasoning output tokens of the thinking
 * @param webSearches searches of the web, in requests
 */
record Units(
        long uncachedInput,
        long cacheRead,
        long cacheWrite5m,
        long cacheWrite1h,
        long text,
        long reasoning,
        long webSearches) {
    long input() {
        return uncachedInput + cacheRead + cacheWrite5m + cacheWrite1h;
    }

    long output() {
        return text + reasoning;
    }

    /** The same call after the provider's final count: other text, everything else as it was. */
    Units withText(long other) {
        return new Units(uncachedInput, cacheRead, cacheWrite5m, cacheWrite1h, other, reasoning, webSearches);
    }
}
