package io.costops.infra.demo;

import io.costops.infra.demo.Workload.Tier;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One use of a model, before any provider's or gateway's format.
 *
 * @param responseId identifier that the provider gave the response
 * @param requestId identifier of the attempt, which even a failed one has
 * @param start when it was asked, to the millisecond
 * @param attempt number of the attempt in the caller's retry loop, from 1
 * @param agentStep step of the agent's run; null outside of one
 */
record Call(
        Workload workload,
        Model model,
        String responseId,
        String requestId,
        Instant start,
        Duration latency,
        Units units,
        Tier tier,
        String user,
        String session,
        @Nullable Integer agentStep,
        int attempt,
        String promptHash,
        @Nullable String variant,
        String finish,
        String answer) {

    /** When the provider answered; OpenAI's payloads give it in whole seconds. */
    Instant answered() {
        return start.plus(latency);
    }

    Call withUnits(Units other) {
        return new Call(
                workload,
                model,
                responseId,
                requestId,
                start,
                latency,
                other,
                tier,
                user,
                session,
                agentStep,
                attempt,
                promptHash,
                variant,
                finish,
                answer);
    }
}
