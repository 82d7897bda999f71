package io.costops.anomaly.backtest;

import io.costops.anomaly.backtest.WindowScore.Window;
import io.costops.anomaly.detection.SeriesDetector;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Seeded series of the kinds that a public benchmark of streams consists of, with labelled anomalies: servers' metrics, auctions' prices, machines
 * and taxis, road traffic with odd distances in time, heavy-tailed counts of messages, and artificial ones with and without anomalies.
 *
 * <p>None is a copy of a real one. A label's window is centred on the anomaly's begin; the windows of a series take a tenth of it.
 */
public final class SampleSeries {
    private static final Instant BEGIN = Instant.parse("2026-03-02T00:00:00Z");
    private static final double LABELLED_SHARE = 0.1;
    /** Nothing is planted before: that part isn't scored. */
    private static final double CLEAN_SHARE = 0.22;

    /** A series; its windows ascend. */
    public static final class Sample {
        private final String kind;
        private final long[] seconds;
        private final double[] values;
        private final List<Window> windows;

        Sample(String kind, long[] seconds, double[] values, List<Window> windows) {
            this.kind = kind;
            this.seconds = seconds;
            this.values = values;
            this.windows = List.copyOf(windows);
        }

        public String kind() {
            return kind;
        }

        public long[] seconds() {
            return seconds.clone();
        }

        public double[] values() {
            return values.clone();
        }

        public List<Window> windows() {
            return windows;
        }
    }

    /** What the detector made of the samples of a kind. */
    public record OfKind(
            String kind,
            int samples,
            long points,
            int windows,
            int found,
            int falseAlarms,
            double standard,
            double lowFalseAlarms) {}

    private final Random random;
    private final List<Sample> samples = new ArrayList<>();

    private SampleSeries(long seed) {
        random = new Random(seed);
    }

    /** 58 series, always the same for a seed. */
    public static List<Sample> of(long seed) {
        SampleSeries made = new SampleSeries(seed);
        for (int i = 0; i < 17; i++) {
            made.server(i % 6);
        }
        for (int i = 0; i < 6; i++) {
            made.auction();
        }
        made.taxi();
        made.machine();
        made.room();
        made.shiftingServer();
        made.latency();
        made.keystrokes(1_900);
        made.keystrokes(5_300);
        for (int i = 0; i < 7; i++) {
            made.road(i % 3);
        }
        for (int i = 0; i < 10; i++) {
            made.messages();
        }
        for (int i = 0; i < 11; i++) {
            made.artificial(i);
        }
        return made.samples;
    }

    /** The detector's alerts at its own threshold, scored by kind; the last is all of them together. */
    public static List<OfKind> score(List<Sample> samples) {
        Map<String, List<Sample>> kinds = new TreeMap<>();
        samples.forEach(sample ->
                kinds.computeIfAbsent(sample.kind, unseen -> new ArrayList<>()).add(sample));
        List<OfKind> results = new ArrayList<>();
        kinds.forEach((kind, own) -> results.add(score(kind, own)));
        results.add(score("all", samples));
        return results;
    }

    private static OfKind score(String kind, List<Sample> samples) {
        WindowScore score = new WindowScore();
        long points = 0;
        for (Sample sample : samples) {
            SeriesDetector detector = new SeriesDetector();
            boolean[] alerts = new boolean[sample.values.length];
            for (int i = 0; i < alerts.length; i++) {
                alerts[i] =
                        detector.observe(sample.seconds[i], sample.values[i]).alert();
            }
            points += alerts.length;
            score.add(alerts, sample.windows);
        }
        return new OfKind(
                kind,
                samples.size(),
                points,
                score.windows(),
                score.found(),
                score.falseAlarms(),
                score.score(WindowScore.Profile.STANDARD),
                score.score(WindowScore.Profile.LOW_FALSE_ALARMS));
    }

    /** What a server's monitor shows every five minutes for two weeks. */
    private void server(int kind) {
        int n = 4_032;
        double[] v = new double[n];
        NavigableSet<Integer> planted = places(n, 1 + random.nextInt(3));
        switch (kind) {
            case 0 -> {
                // A CPU that does next to nothing, in steps of the monitor, with a job now and then.
                double level = uniform(0.05, 3);
                int every = 150 + random.nextInt(400);
                for (int i = 0; i < n; i++) {
                    v[i] = level * (1 + 0.02 * random.nextGaussian()) + (i % every < 2 ? level * uniform(0.3, 0.6) : 0);
                }
                for (int at : planted) {
                    boolean step = random.nextBoolean();
                    double size = level * uniform(1, 8);
                    for (int i = at; i < Math.min(n, at + (step ? 300 : 3 + random.nextInt(20))); i++) {
                        v[i] += size;
                    }
                }
                round(v, 0.002 * (1 + Math.floor(level)));
            }
            case 1 -> {
                // Network traffic: bursts of any size.
                double level = Math.exp(uniform(8, 16));
                double spread = uniform(0.2, 0.7);
                for (int i = 0; i < n; i++) {
                    v[i] = level
                            * Math.exp(spread * random.nextGaussian())
                            * (random.nextInt(200) == 0 ? uniform(2, 8) : 1);
                }
                for (int at : planted) {
                    double size = uniform(5, 30);
                    for (int i = at; i < Math.min(n, at + 5 + random.nextInt(60)); i++) {
                        v[i] *= size;
                    }
                }
                round(v, 1);
            }
            case 2 -> {
                // A disk that writes in pieces.
                double size = Math.exp(uniform(10, 17));
                for (int i = 0; i < n; i++) {
                    v[i] = random.nextInt(12) == 0 ? size * Math.exp(0.8 * random.nextGaussian()) : 0;
                }
                for (int at : planted) {
                    for (int i = at; i < Math.min(n, at + 20 + random.nextInt(80)); i++) {
                        v[i] = size * uniform(5, 12);
                    }
                }
                round(v, 1);
            }
            case 3 -> {
                // Requests at a balancer.
                double level = uniform(20, 120);
                for (int i = 0; i < n; i++) {
                    double usual = level * (1 + 0.6 * Math.sin(2 * Math.PI * i / 288.0 - 1.5));
                    v[i] = poisson(usual * Math.exp(0.25 * random.nextGaussian()));
                }
                for (int at : planted) {
                    double size = level * uniform(3, 9);
                    for (int i = at; i < Math.min(n, at + 1 + random.nextInt(8)); i++) {
                        v[i] += Math.rint(size * uniform(0.5, 1));
                    }
                }
            }
            case 4 -> {
                // A database's CPU that wanders.
                double level = uniform(8, 60);
                double wander = 0;
                for (int i = 0; i < n; i++) {
                    wander = 0.98 * wander + 0.01 * random.nextGaussian();
                    v[i] = level * (1 + wander + 0.04 * random.nextGaussian());
                }
                for (int at : planted) {
                    double size = level * (random.nextInt(3) == 0 ? -uniform(0.3, 0.6) : uniform(0.3, 1.2));
                    int length = random.nextBoolean() ? n : 40 + random.nextInt(200);
                    for (int i = at; i < Math.min(n, at + length); i++) {
                        v[i] += size;
                    }
                }
                round(v, 0.01);
            }
            default -> {
                // A group of machines whose number follows the load, down to none when it breaks.
                double level = 20;
                for (int i = 0; i < n; i++) {
                    if (random.nextInt(90) == 0) {
                        level = 10 + random.nextInt(25);
                    }
                    v[i] = level + 0.6 * random.nextGaussian();
                }
                for (int at : planted) {
                    for (int i = at; i < Math.min(n, at + 5 + random.nextInt(100)); i++) {
                        v[i] = 0;
                    }
                }
                round(v, 0.1);
            }
        }
        add("server", every(300, n, 0), v, planted);
    }

    /** What an advertisement costs, by the hour. */
    private void auction() {
        int n = 1_600;
        double[] v = new double[n];
        double level = uniform(0.05, 2);
        double spread = uniform(0.1, 0.35);
        NavigableSet<Integer> planted = places(n, 1 + random.nextInt(3));
        for (int i = 0; i < n; i++) {
            v[i] = level * (1 + 0.25 * Math.sin(2 * Math.PI * i / 24.0)) * Math.exp(spread * random.nextGaussian());
        }
        for (int at : planted) {
            double size = uniform(2.5, 8);
            for (int i = at; i < Math.min(n, at + 1 + random.nextInt(5)); i++) {
                v[i] *= size;
            }
        }
        add("auction", every(3_600, n, 0.01), v, planted);
    }

    /** Half-hours of a town's rides: holidays, a marathon, a storm. */
    private void taxi() {
        int n = 10_320;
        double[] v = new double[n];
        NavigableSet<Integer> planted = new TreeSet<>();
        while (planted.size() < 5) {
            int day = (int) (n / 48.0 * CLEAN_SHARE) + random.nextInt((int) (n / 48.0 * (0.97 - CLEAN_SHARE)));
            planted.add(48 * day);
        }
        double[] day = new double[n / 48 + 1];
        Arrays.setAll(day, d -> Math.exp(0.06 * random.nextGaussian()));
        for (int i = 0; i < n; i++) {
            double hour = i % 48 / 2.0;
            boolean weekend = i / 48 % 7 >= 5;
            double busy = 0.25
                    + Math.exp(-Math.pow((hour - 9) / 2.5, 2)) * (weekend ? 0.3 : 0.8)
                    + Math.exp(-Math.pow((hour - 19) / 3.5, 2))
                    + (hour < 4 ? (weekend ? 0.7 : 0.3) * (1 - hour / 4) : 0);
            v[i] = 16_000 * busy * day[i / 48] * (1 + 0.03 * random.nextGaussian());
        }
        for (int at : planted) {
            double factor = random.nextInt(4) == 0 ? uniform(1.3, 1.6) : uniform(0.15, 0.6);
            for (int i = at; i < Math.min(n, at + 48); i++) {
                v[i] *= factor;
            }
        }
        round(v, 1);
        add("known cause", every(1_800, n, 0), v, planted);
    }

    /** A machine's temperature: slow, noisy, and down to the ground when it stops. */
    private void machine() {
        int n = 22_695;
        double[] v = new double[n];
        NavigableSet<Integer> planted = places(n, 4);
        double wander = 0;
        double fast = 0;
        for (int i = 0; i < n; i++) {
            wander = 0.9995 * wander + 0.15 * random.nextGaussian();
            fast = 0.9 * fast + 0.5 * random.nextGaussian();
            v[i] = 85 + wander + fast + 3 * Math.sin(2 * Math.PI * i / 288.0);
        }
        for (int at : planted) {
            double depth = uniform(20, 70);
            int length = 60 + random.nextInt(250);
            for (int i = at; i < Math.min(n, at + length); i++) {
                v[i] -= depth * Math.sin(Math.PI * (i - at + 1) / length);
            }
        }
        add("known cause", every(300, n, 0.002), v, planted);
    }

    /** A room's temperature by the hour. */
    private void room() {
        int n = 7_267;
        double[] v = new double[n];
        NavigableSet<Integer> planted = places(n, 2);
        double wander = 0;
        for (int i = 0; i < n; i++) {
            wander = 0.99 * wander + 0.35 * random.nextGaussian();
            v[i] = 71 + wander + 2 * Math.sin(2 * Math.PI * i / 24.0) + 0.4 * random.nextGaussian();
        }
        for (int at : planted) {
            double size = (random.nextBoolean() ? 1 : -1) * uniform(7, 12);
            for (int i = at; i < Math.min(n, at + 12 + random.nextInt(48)); i++) {
                v[i] += size;
            }
        }
        add("known cause", every(3_600, n, 0.03), v, planted);
    }

    /** A group of servers whose rhythm changes for good. */
    private void shiftingServer() {
        int n = 18_050;
        double[] v = new double[n];
        NavigableSet<Integer> planted = places(n, 1);
        for (int i = 0; i < n; i++) {
            double usual = 40 + 18 * Math.sin(2 * Math.PI * i / 288.0);
            v[i] = Math.max(0, usual + 6 * random.nextGaussian() + (random.nextInt(300) == 0 ? uniform(10, 40) : 0));
        }
        for (int i = planted.first(); i < n; i++) {
            v[i] = Math.min(100, v[i] + uniform(25, 45));
        }
        add("known cause", every(300, n, 0), v, planted);
    }

    /** How long requests took: a heavy tail. */
    private void latency() {
        int n = 4_032;
        double[] v = new double[n];
        NavigableSet<Integer> planted = places(n, 3);
        for (int i = 0; i < n; i++) {
            v[i] = 45 + 2 * random.nextGaussian() + (random.nextInt(60) == 0 ? uniform(2, 12) : 0);
        }
        for (int at : planted) {
            double size = uniform(12, 50);
            for (int i = at; i < Math.min(n, at + 1 + random.nextInt(40)); i++) {
                v[i] += size * uniform(0.5, 1);
            }
        }
        add("known cause", every(300, n, 0), v, planted);
    }

    /** How long keys are held: nobody types at night, and someone else may type. */
    private void keystrokes(int n) {
        double[] v = new double[n];
        NavigableSet<Integer> planted = places(n, 2);
        for (int i = 0; i < n; i++) {
            boolean types = i / 40 % 3 != 0 || random.nextInt(4) == 0;
            v[i] = types ? Math.max(0, 0.1 + 0.04 * random.nextGaussian()) * Math.exp(0.3 * random.nextGaussian()) : 0;
        }
        for (int at : planted) {
            double factor = uniform(2, 5);
            for (int i = at; i < Math.min(n, at + 10 + random.nextInt(40)); i++) {
                v[i] = (v[i] + 0.05) * factor;
            }
        }
        add("known cause", every(300, n, 0.02), v, planted);
    }

    /** Speed, occupancy or travel time on a road, at odd distances of five minutes and more. */
    private void road(int kind) {
        int n = 1_100 + random.nextInt(1_400);
        double[] v = new double[n];
        NavigableSet<Integer> planted = places(n, 1 + random.nextInt(3));
        for (int i = 0; i < n; i++) {
            double hour = i * 10 / 60.0 % 24;
            double rush = Math.exp(-Math.pow((hour - 8) / 1.5, 2)) + Math.exp(-Math.pow((hour - 17) / 2, 2));
            v[i] = switch (kind) {
                case 0 -> 75 - 15 * rush * uniform(0.3, 1) + 3 * random.nextGaussian();
                case 1 -> Math.max(0, 3 + 12 * rush * uniform(0.5, 1) + 1.5 * random.nextGaussian());
                default ->
                    180 * Math.exp(0.25 * random.nextGaussian()) * (1 + rush) * (random.nextInt(80) == 0 ? 2 : 1);
            };
        }
        for (int at : planted) {
            for (int i = at; i < Math.min(n, at + 4 + random.nextInt(12)); i++) {
                v[i] = switch (kind) {
                    case 0 -> v[i] * uniform(0.2, 0.5);
                    case 1 -> v[i] + uniform(18, 40);
                    default -> v[i] * uniform(4, 12);
                };
            }
        }
        round(v, 1);
        add("road", uneven(n), v, planted);
    }

    /** How often a name is mentioned: counts that set each other off, by day and by night. */
    private void messages() {
        int n = 15_850;
        double[] v = new double[n];
        NavigableSet<Integer> planted = places(n, 2 + random.nextInt(3));
        double level = Math.exp(uniform(1, 4));
        double shape = uniform(1, 5);
        double excited = 0;
        for (int i = 0; i < n; i++) {
            double usual = level * (1 + 0.5 * Math.sin(2 * Math.PI * i / 288.0));
            excited = 0.85 * excited + (random.nextInt(700) == 0 ? usual * uniform(0.5, 5) : 0);
            v[i] = poisson((usual + excited) * gamma(shape) / shape);
        }
        for (int at : planted) {
            double burst = level * uniform(5, 40);
            for (int i = at; i < Math.min(n, at + 60); i++) {
                v[i] += poisson(burst * gamma(shape) / shape);
                burst *= 0.93;
            }
        }
        add("messages", every(300, n, 0), v, planted);
    }

    /** Days that all look alike; five samples without anything to be found. */
    private void artificial(int kind) {
        int n = 4_032;
        double[] v = new double[n];
        boolean calm = kind < 5;
        NavigableSet<Integer> planted = calm ? new TreeSet<>() : dayOfPlant(n);
        int at = planted.isEmpty() ? n : planted.first();
        double noise = kind == 0 || kind == 3 ? 0 : kind == 1 ? 1 : 4;
        for (int i = 0; i < n; i++) {
            boolean on = i % 288 >= 108 && i % 288 < 216;
            double usual = kind == 3 || kind == 4 ? 45 : kind == 10 ? 5 : on ? 80 : 20;
            boolean odd = i >= at && i < at + 288;
            usual = switch (kind) {
                case 5 -> odd ? 20 : usual;
                case 6 -> odd && on ? 110 : usual;
                case 7 -> odd && on ? 55 : usual;
                default -> usual;
            };
            v[i] = usual + noise * random.nextDouble();
            if (kind == 8 || kind == 9) {
                // Spikes that come more often, or are higher.
                boolean spike = i % (kind == 8 && odd ? 6 : 24) == 0;
                v[i] = spike ? 20 * (kind == 9 && odd ? 3 : 1) + random.nextDouble() : random.nextDouble();
            } else if (kind == 10) {
                v[i] = random.nextInt(50) == 0 ? uniform(0.5, 1.2) : 0.05 * random.nextDouble();
                if (odd && i < at + 100) {
                    v[i] += uniform(0.4, 1.5);
                }
            }
        }
        add(calm ? "artificial, calm" : "artificial", every(300, n, 0), v, planted);
    }

    private NavigableSet<Integer> dayOfPlant(int n) {
        return new TreeSet<>(List.of(288 * (6 + random.nextInt(n / 288 - 7)) + (random.nextBoolean() ? 108 : 0)));
    }

    /** Begins of anomalies, apart from each other. */
    private NavigableSet<Integer> places(int n, int count) {
        NavigableSet<Integer> places = new TreeSet<>();
        int apart = (int) (n * LABELLED_SHARE);
        for (int tries = 0; places.size() < count && tries < 200; tries++) {
            int at = (int) (n * uniform(CLEAN_SHARE, 0.96));
            if (places.subSet(at - apart, at + apart).isEmpty()) {
                places.add(at);
            }
        }
        return places;
    }

    private void add(String kind, long[] seconds, double[] values, NavigableSet<Integer> planted) {
        List<Window> windows = new ArrayList<>();
        int n = values.length;
        int half = planted.isEmpty() ? 0 : (int) (n * LABELLED_SHARE / planted.size() / 2);
        for (int at : planted) {
            Window window = new Window(Math.max(0, at - half), Math.min(n - 1, at + half));
            int last = windows.size() - 1;
            if (last >= 0 && windows.get(last).last() >= window.first()) {
                windows.set(last, new Window(windows.get(last).first(), window.last()));
            } else {
                windows.add(window);
            }
        }
        samples.add(new Sample(kind, seconds, values, windows));
    }

    /** A regular clock that misses some of its ticks for a while. */
    private long[] every(int seconds, int n, double missing) {
        long[] times = new long[n];
        long t = BEGIN.getEpochSecond();
        for (int i = 0; i < n; i++) {
            times[i] = t;
            t += seconds * (random.nextDouble() < missing ? 2L + random.nextInt(10) : 1L);
        }
        return times;
    }

    private long[] uneven(int n) {
        long[] times = new long[n];
        long t = BEGIN.getEpochSecond();
        for (int i = 0; i < n; i++) {
            times[i] = t;
            t += 300L * (1 + (random.nextInt(3) == 0 ? random.nextInt(4) : 0)) + 60L * random.nextInt(5);
        }
        return times;
    }

    private double uniform(double low, double high) {
        return low + (high - low) * random.nextDouble();
    }

    private static void round(double[] values, double step) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.rint(values[i] / step) * step;
        }
    }

    private double poisson(double mean) {
        if (mean > 50) {
            return Math.max(0, Math.rint(mean + Math.sqrt(mean) * random.nextGaussian()));
        }
        double limit = Math.exp(-mean);
        double product = random.nextDouble();
        int count = 0;
        while (product > limit) {
            product *= random.nextDouble();
            count++;
        }
        return count;
    }

    /** Of a whole shape and scale 1, as near as sums of exponentials come. */
    private double gamma(double shape) {
        int whole = Math.max(1, (int) Math.rint(shape));
        double sum = 0;
        for (int k = 0; k < whole; k++) {
            sum -= Math.log(1 - random.nextDouble());
        }
        return sum * shape / whole;
    }
}
