package io.costops.schemas.value;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A disjoint kind of consumption: no token is ever in two meters.
 *
 * <p>The wire name is what stands in Avro, in ClickHouse and in the command's output.
 */
public enum Meter {
    UNCACHED_INPUT(Direction.INPUT),
    CACHE_READ(Direction.INPUT),
    /** Written to a prompt cache that lives five minutes (or the provider's default). */
    CACHE_WRITE_5M(Direction.INPUT),
    /** Written to a prompt cache that lives one hour. */
    CACHE_WRITE_1H(Direction.INPUT),
    AUDIO_IN(Direction.INPUT),
    CACHE_READ_AUDIO(Direction.INPUT),
    IMAGE_IN(Direction.INPUT),
    VIDEO_IN(Direction.INPUT),
    OUTPUT_TEXT(Direction.OUTPUT),
    REASONING(Direction.OUTPUT),
    AUDIO_OUT(Direction.OUTPUT),
    IMAGE_OUT(Direction.OUTPUT),
    /** Searches of the web, in the provider's billing unit: requests or queries. */
    WEB_SEARCH(Direction.NONE),
    /** Duration of the audio, in seconds. */
    AUDIO_SECONDS(Direction.NONE),
    /** Rerank units, as the provider bills them. */
    SEARCH_UNITS(Direction.NONE),
    /** Time on one GPU, in seconds: what a model costs that one runs oneself. Two GPUs for a second are two. */
    GPU_SECONDS(Direction.NONE);

    private static final Map<String, Meter> BY_WIRE_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Meter::wireName, Function.identity()));

    private final Direction direction;
    private final String wireName = name().toLowerCase(java.util.Locale.ROOT);

    Meter(Direction direction) {
        this.direction = direction;
    }

    public static Optional<Meter> byWireName(String wireName) {
        return Optional.ofNullable(BY_WIRE_NAME.get(wireName));
    }

    public String wireName() {
        return wireName;
    }

    public Direction direction() {
        return direction;
    }

    /** True for meters that count tokens; their quantities are whole numbers. */
    public boolean countsTokens() {
        return direction != Direction.NONE;
    }

    /** Which of the two token totals a meter adds to. */
    public enum Direction {
        INPUT,
        OUTPUT,
        NONE
    }
}
