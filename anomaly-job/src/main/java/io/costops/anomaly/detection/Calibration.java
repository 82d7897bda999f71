package io.costops.anomaly.detection;

import java.util.Arrays;

/**
 * How surprising a deviation of one signal is for this very key: its noise and its record in each window.
 *
 * <p>The record is the largest deviation of the past, forgotten with a time constant of 20 days; a new one must beat it by
 * a margin. What a day showed becomes a record a day later only: an anomaly that builds up slowly would otherwise raise
 * the bar in front of itself.
 */
final class Calibration {
    private static final double RECORD_SECONDS = 20 * 86_400.0;
    private static final double NOISE_SECONDS = 7 * 86_400.0;
    /** One event may not blind the detector: a record is at most this many standard deviations. */
    private static final double LARGEST_RECORD = 12;

    private static final int FIRST_VERSION_THAT_SAYS_WHETHER = 3;

    private final double noiseFloor;
    private final double margin;
    private final float[] noise = new float[SpendWindows.COUNT];
    private final float[] record = new float[SpendWindows.COUNT];
    private final float[] yesterday = new float[SpendWindows.COUNT];
    private final float[] today = new float[SpendWindows.COUNT];

    final double[] logRatio = new double[SpendWindows.COUNT];
    final double[] samplingVariance = new double[SpendWindows.COUNT];
    final double[] z = new double[SpendWindows.COUNT];

    /**
     * @param priorNoise standard deviation of the log ratio that is assumed before the key has shown its own
     * @param noiseFloor the least standard deviation ever assumed
     * @param margin by how much a record must be beaten
     */
    Calibration(double priorNoise, double noiseFloor, double margin) {
        this.noiseFloor = noiseFloor * noiseFloor;
        this.margin = margin;
        Arrays.fill(noise, (float) (priorNoise * priorNoise));
    }

    /** Variance of the log ratio in a window, apart from sampling. */
    double variance(int window) {
        return noise[window] + noiseFloor;
    }

    void judge(int window, double ratioLog, double sampling) {
        judge(window, ratioLog, sampling, sampling);
    }

    /**
     * @param sampling variance of the log ratio by chance alone where all is as usual: what noise is learned against
     * @param samplingSeen the same at the ratio that was seen
     */
    void judge(int window, double ratioLog, double sampling, double samplingSeen) {
        logRatio[window] = ratioLog;
        samplingVariance[window] = sampling;
        z[window] = ratioLog / Math.sqrt(samplingSeen + variance(window));
    }

    /** For a signal whose noise is known by its nature. */
    void judgeDirectly(int window, double effect, double deviations) {
        logRatio[window] = effect;
        samplingVariance[window] = 0;
        z[window] = deviations;
    }

    /** Nothing to judge in the window: no traffic, or no expectation yet. */
    void skip(int window) {
        logRatio[window] = 0;
        samplingVariance[window] = 0;
        z[window] = 0;
    }

    boolean beatsRecord(int window) {
        return z[window] > margin * record[window];
    }

    /** The largest deviation in windows from ten minutes to the given one. */
    double hottest(int longest) {
        double hottest = z[SpendWindows.TEN_MINUTES];
        for (int w = SpendWindows.TEN_MINUTES + 1; w <= longest; w++) {
            hottest = Math.max(hottest, z[w]);
        }
        return hottest;
    }

    void decay(double seconds) {
        float keep = (float) (1 - seconds / RECORD_SECONDS);
        for (int w = 0; w < record.length; w++) {
            record[w] *= keep;
        }
    }

    void observeRecords() {
        for (int w = 0; w < today.length; w++) {
            today[w] = Math.max(today[w], (float) Math.min(z[w], LARGEST_RECORD));
        }
    }

    void closeDay() {
        for (int w = 0; w < record.length; w++) {
            record[w] = Math.max(record[w], yesterday[w]);
            yesterday[w] = today[w];
            today[w] = 0;
        }
    }

    /** A person said that this was normal: the like of it stays silent until it is forgotten. */
    void acceptPeaks() {
        for (int w = 0; w < record.length; w++) {
            record[w] = Math.max(record[w], Math.max(yesterday[w], Math.max(today[w], (float) z[w])));
        }
    }

    /** Moves the noise towards what was seen, each observation clipped at 3 standard deviations. */
    void learnNoise(double bucketSeconds, double ageSeconds) {
        double gain = bucketSeconds / Math.min(86_400 + ageSeconds, NOISE_SECONDS);
        for (int w = 0; w < noise.length; w++) {
            double square = Math.min(logRatio[w] * logRatio[w], 9 * (noise[w] + samplingVariance[w]));
            noise[w] += (float) (gain * (Math.max(0, square - samplingVariance[w]) - noise[w]));
        }
    }

    void write(StateOutput out) {
        out.writeFloats(noise);
        out.writeBoolean(hasDeviated());
        if (hasDeviated()) {
            out.writeFloats(record);
            out.writeFloats(yesterday);
            out.writeFloats(today);
        }
    }

    void read(StateInput in) {
        in.readFloats(noise);
        if (in.version() < FIRST_VERSION_THAT_SAYS_WHETHER || in.readBoolean()) {
            in.readFloats(record);
            in.readFloats(yesterday);
            in.readFloats(today);
        }
    }

    /** Many keys never have a retry, a failure or a cached token. */
    private boolean hasDeviated() {
        for (int w = 0; w < SpendWindows.COUNT; w++) {
            if (record[w] != 0 || yesterday[w] != 0 || today[w] != 0) {
                return true;
            }
        }
        return false;
    }
}
