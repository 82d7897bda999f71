package io.costops.infra.demo;

import io.costops.infra.demo.Workload.Prompts;
import io.costops.infra.demo.Workload.Tier;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Draws the calls of a workload: their size, their cache use, their people. */
final class Callers {
    private static final long MAX_INPUT_TOKENS = 400_000;
    private static final long MAX_OUTPUT_TOKENS = 16_000;

    /** OpenAI caches prefixes of at least 1,024 tokens, in steps of 128. */
    private static final long CACHE_MINIMUM = 1_024;

    private static final long CACHE_STEP = 128;
    private static final int STEPS_OF_A_RUN = 12;

    private static final List<String> ANSWERS = List.of(
            "Here is a short summary of the document.",
            "The parcel leaves the depot tomorrow morning.",
            "Three points in the draft need a second look.",
            "Yes, the form can be sent by post as well.",
            "The tests pass; two names could be clearer.",
            "No clause of the contract contradicts this one.");

    private Callers() {}

    /** An ordinary call that starts in the hour. */
    static Call call(Workload workload, Instant hour, Dice dice) {
        Model model = dice.oneOf(workload.models());
        Tier tier = dice.oneOf(workload.tiers());
        Units units = units(workload, model, dice);
        String session = "s-" + dice.base62(10);
        boolean agent = workload.prompts().agentRuns();
        return new Call(
                workload,
                model,
                responseId(workload.door(), model, dice),
                "req_01" + dice.base62(22),
                hour.plusMillis(dice.wholeBetween(0, Duration.ofHours(1).toMillis() - 1)),
                latency(units, dice),
                units,
                tier,
                "u-" + (1 + dice.below(workload.users())),
                session,
                agent ? dice.below(STEPS_OF_A_RUN) : null,
                1,
                dice.hex(16),
                variant(workload.prompts(), dice),
                dice.chance(.93) ? "stop" : "length",
                dice.oneOf(ANSWERS));
    }

    /** One more attempt of a step that fails after the model has answered: the same session, a longer prompt. */
    static Call retry(Workload workload, Instant hour, String session, int attempt, Dice dice) {
        Call call = call(workload, hour, dice);
        Units first = call.units();
        Units grown = new Units(
                first.uncachedInput() + 150L * (attempt % STEPS_OF_A_RUN),
                first.cacheRead(),
                first.cacheWrite5m(),
                first.cacheWrite1h(),
                first.text(),
                first.reasoning(),
                0);
        return new Call(
                workload,
                Model.CLAUDE_OPUS_4_8,
                call.responseId(),
                call.requestId(),
                call.start(),
                call.latency(),
                grown,
                call.tier(),
                "u-7",
                session,
                STEPS_OF_A_RUN,
                attempt,
                "5f1c0ffee5f1c0ff",
                null,
                "tool_use",
                "The step failed; trying it again.");
    }

    private static Units units(Workload workload, Model model, Dice dice) {
        Prompts prompts = workload.prompts();
        long input = clamp(dice.logNormal(prompts.input(), prompts.inputSpread()), 8, MAX_INPUT_TOKENS);
        long output = clamp(dice.logNormal(prompts.output(), .7), 1, MAX_OUTPUT_TOKENS);
        long read = 0;
        if (dice.chance(prompts.cacheHits()) && input > CACHE_MINIMUM) {
            read = (long) (input * dice.between(.5, .95)) / CACHE_STEP * CACHE_STEP;
        }
        long written = 0;
        if (dice.chance(prompts.cacheWrites()) && input - read > CACHE_MINIMUM && writesToCache(workload, model)) {
            written = (long) ((input - read) * dice.between(.4, .9));
        }
        long reasoning = model.reasons() && dice.chance(.6) ? (long) (output * dice.between(.2, .8)) : 0;
        boolean hour = prompts.longLivedCache();
        long searches = 0;
        if (dice.chance(prompts.webSearches())) {
            // OpenAI's chat bills one search a request; Anthropic counts them.
            searches = workload.door() == Door.ANTHROPIC ? dice.wholeBetween(1, 3) : 1;
        }
        return new Units(
                input - read - written,
                read,
                hour ? 0 : written,
                hour ? written : 0,
                output - reasoning,
                reasoning,
                searches);
    }

    /** Anthropic bills writes for every model, OpenAI from the 5.6 family on. */
    private static boolean writesToCache(Workload workload, Model model) {
        return workload.door() == Door.ANTHROPIC || model == Model.GPT_5_6_TERRA;
    }

    private static String responseId(Door door, Model model, Dice dice) {
        return switch (door) {
            case OPENAI -> "chatcmpl-" + dice.base62(29);
            case ANTHROPIC -> "msg_01" + dice.base62(22);
            // LiteLLM passes OpenAI's and Azure's identifiers on and makes its own for everybody else.
            case LITELLM -> model == Model.AZURE_GPT_4_1 ? "chatcmpl-" + dice.base62(29) : "chatcmpl-" + dice.uuid();
        };
    }

    private static Duration latency(Units units, Dice dice) {
        double perToken = dice.logNormal(9, .3);
        return Duration.ofMillis((long) (250 + units.input() * .01 + units.output() * perToken))
                .truncatedTo(ChronoUnit.MILLIS);
    }

    private static @Nullable String variant(Prompts prompts, Dice dice) {
        if (prompts.experiment() == null) {
            return null;
        }
        return dice.chance(.5) ? "a" : "b";
    }

    private static long clamp(double value, long low, long high) {
        return Math.max(low, Math.min(high, (long) value));
    }
}
