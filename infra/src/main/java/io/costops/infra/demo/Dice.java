package io.costops.infra.demo;

import java.util.List;

/**
 * Random draws that come out the same on every machine and in every Java version: the generator is SplitMix64 (Steele,
 * Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014), and StrictMath, unlike Math, gives the same last
 * bit everywhere.
 */
final class Dice {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final String BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /** Above this mean a Poisson draw is taken from the normal distribution: they are as good as the same there. */
    private static final double POISSON_BY_NORMAL = 50;

    private long state;

    private Dice(long seed) {
        this.state = seed;
    }

    /** Dice of their own for each combination of parts, so that one draw more in one place changes nothing in another. */
    static Dice of(long... parts) {
        long seed = GOLDEN_GAMMA;
        for (long part : parts) {
            seed = mix(seed + GOLDEN_GAMMA ^ mix(part));
        }
        return new Dice(seed);
    }

    boolean chance(double probability) {
        return uniform() < probability;
    }

    double between(double low, double high) {
        return low + (high - low) * uniform();
    }

    /** A whole number from low to high, both included. */
    long wholeBetween(long low, long high) {
        return low + (long) ((high - low + 1) * uniform());
    }

    int below(int bound) {
        return (int) (bound * uniform());
    }

    <T> T oneOf(List<T> choices) {
        return choices.get(below(choices.size()));
    }

    /** Log-normal: the usual shape of prompt lengths and latencies. */
    double logNormal(double median, double sigma) {
        return median * StrictMath.exp(sigma * gaussian());
    }

    /** Number of independent arrivals when so many are expected. */
    int poisson(double mean) {
        if (mean > POISSON_BY_NORMAL) {
            return (int) Math.max(0, StrictMath.round(mean + StrictMath.sqrt(mean) * gaussian()));
        }
        // Knuth, The Art of Computer Programming 2, section 3.4.1.
        double limit = StrictMath.exp(-mean);
        double product = uniform();
        int arrivals = 0;
        while (product > limit) {
            arrivals++;
            product *= uniform();
        }
        return arrivals;
    }

    String base62(int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(BASE_62.charAt(below(BASE_62.length())));
        }
        return text.toString();
    }

    String hex(int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(Character.forDigit(below(16), 16));
        }
        return text.toString();
    }

    String uuid() {
        return hex(8) + "-" + hex(4) + "-4" + hex(3) + "-a" + hex(3) + "-" + hex(12);
    }

    /** From 0 to below 1, in steps of 2^-53. */
    private double uniform() {
        state += GOLDEN_GAMMA;
        return (mix(state) >>> 11) * 0x1.0p-53;
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Box and Muller's transform; 1 - u keeps the logarithm's argument above 0. */
    private double gaussian() {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - uniform()));
        return radius * StrictMath.cos(2 * StrictMath.PI * uniform());
    }
}
