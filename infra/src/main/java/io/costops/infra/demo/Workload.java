package io.costops.infra.demo;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A use of models that goes on all month: who, what for, through which door, how much.
 *
 * @param owner what the calls should be charged to; null for a key that nobody registered
 * @param named true if the caller's envelopes name the owner, false if they carry the API key only
 * @param apiKeyId identifier of the key that all its calls use
 * @param feature feature of the owner's product
 * @param workloadType inference, evaluation, ...
 * @param door who reports the calls
 * @param models what it calls, each as often as it stands here
 * @param rhythm how the calls spread over the week
 * @param hoursFromUtc where the people are
 * @param share of all calls, relative to the other workloads'
 * @param monthlyGrowth 0.2 for a fifth more after 30 days
 * @param users number of people behind it
 * @param prompts what a call looks like
 * @param tiers service tiers that are asked for, each as often as it stands here
 */
record Workload(
        @Nullable Owner owner,
        boolean named,
        String apiKeyId,
        String feature,
        String workloadType,
        Door door,
        List<Model> models,
        Rhythm rhythm,
        int hoursFromUtc,
        double share,
        double monthlyGrowth,
        int users,
        Prompts prompts,
        List<Tier> tiers) {

    /** Whom a workload's cost belongs to. */
    record Owner(
            String tenant, String department, String project, String environment, String team, String costCenter) {}

    /** A class of service, by the provider that offers it. */
    enum Tier {
        STANDARD,
        FLEX,
        PRIORITY,
        BATCH
    }

    /**
     * What a workload's calls look like.
     *
     * @param input median of the input tokens
     * @param inputSpread sigma of their logarithm
     * @param output median of the output tokens
     * @param cacheHits share of the calls that read most of their input from the prompt cache
     * @param cacheWrites share of the calls that write to the prompt cache
     * @param longLivedCache true if what is written lives an hour
     * @param webSearches share of the calls that search the web
     * @param agentRuns true if the calls are the steps of an agent
     * @param experiment experiment that half of the calls are a variant of; null for none
     */
    record Prompts(
            int input,
            double inputSpread,
            int output,
            double cacheHits,
            double cacheWrites,
            boolean longLivedCache,
            double webSearches,
            boolean agentRuns,
            @Nullable String experiment) {
        static Prompts of(int input, double inputSpread, int output) {
            return new Prompts(input, inputSpread, output, 0, 0, false, 0, false, null);
        }

        Prompts cached(double hits, double writes) {
            return new Prompts(
                    input, inputSpread, output, hits, writes, longLivedCache, webSearches, agentRuns, experiment);
        }

        Prompts cachedForAnHour() {
            return new Prompts(
                    input, inputSpread, output, cacheHits, cacheWrites, true, webSearches, agentRuns, experiment);
        }

        Prompts searching(double share) {
            return new Prompts(
                    input, inputSpread, output, cacheHits, cacheWrites, longLivedCache, share, agentRuns, experiment);
        }

        Prompts byAgents() {
            return new Prompts(
                    input, inputSpread, output, cacheHits, cacheWrites, longLivedCache, webSearches, true, experiment);
        }

        Prompts in(String name) {
            return new Prompts(
                    input, inputSpread, output, cacheHits, cacheWrites, longLivedCache, webSearches, agentRuns, name);
        }
    }
}
