package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.bench.Door;
import io.costops.infra.bench.Machine;
import io.costops.infra.bench.ParsePrice;
import io.costops.infra.platform.PlatformState;
import io.costops.infra.text.TextTable;
import io.costops.ingest.http.DoorLoad;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The benchmarks. */
@Command(
        name = "bench",
        description = {
            "Measures how fast the platform is, on this machine, and whether its books balance whatever dies.",
            "Figures depend on the machine and on what else runs there: compare those of one run with each other."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            Bench.ParseAndPrice.class,
            Bench.HttpDoor.class,
            DetectionBench.class,
            ForecastBench.class,
            AlertBench.class,
            FreshnessCommand.class,
            ChaosCommand.class
        },
        synopsisSubcommandLabel = "BENCHMARK")
final class Bench implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    static ObjectNode document(String benchmark, Machine machine) {
        ObjectNode document = JSON.createObjectNode();
        document.put("benchmark", benchmark);
        document.putPOJO("machine", machine);
        return document;
    }

    static void print(TextTable table, Machine machine, PrintWriter out) {
        table.lines().forEach(out::println);
        out.println();
        out.println(machine);
    }

    @Command(
            name = "parse-price",
            description = {
                "Events a second on one core from an envelope's bytes to its exact cost, and the bytes that each allocates:"
                        + " the very classes of the jobs, measured by JMH in JVMs of their own.",
                "The last column compares with reading the same bytes as JSON and doing nothing with them."
            },
            mixinStandardHelpOptions = true)
    static final class ParseAndPrice implements Runnable {
        @Option(
                names = "--cases",
                paramLabel = "FILE",
                description =
                        "Cases {id, source_kind, context, raw}, one a line (default: the published examples of the"
                                + " source tree).")
        private Path cases = Path.of(System.getProperty("costops.home", "."))
                .resolve("schemas/src/test/resources/examples/usage-examples.jsonl");

        @Option(names = "--kind", paramLabel = "KIND", description = "Only cases of this source kind.")
        private String kind = "";

        @Option(
                names = "--forks",
                paramLabel = "N",
                defaultValue = "2",
                description = "JVMs, one after the other (default: ${DEFAULT-VALUE}).")
        private int forks;

        @Option(
                names = "--iteration",
                paramLabel = "TIME",
                defaultValue = "PT2S",
                description = "Length of each of the five iterations that count (default: ${DEFAULT-VALUE}).")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Duration iteration;

        @Option(names = "--json", description = "Print the figures as JSON.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            PrintWriter err = spec.commandLine().getErr();
            List<ParsePrice.Figure> figures = ParsePrice.run(
                    new ParsePrice.Plan(cases, kind, forks, iteration), step -> err.println("measuring: " + step));
            Machine machine = Machine.here();
            PrintWriter out = spec.commandLine().getOut();
            double floor = figures.get(0).eventsPerSecond();
            if (json) {
                ObjectNode document = document("parse-price", machine);
                ArrayNode rows = document.putArray("figures");
                for (ParsePrice.Figure figure : figures) {
                    rows.addObject()
                            .put("step", figure.step())
                            .put("events_per_second", figure.eventsPerSecond())
                            .put("wall_clock_per_second", figure.wallPerSecond())
                            .put("micros_per_event", figure.microsPerEvent())
                            .put("bytes_per_event", figure.bytesPerEvent())
                            .put("time_of_reading_json", floor / figure.eventsPerSecond());
                }
                out.println(document);
                return;
            }
            TextTable table = new TextTable(
                    "step", "events/s of a core", "by the wall clock", "us/event", "bytes/event", "x reading the JSON");
            for (ParsePrice.Figure figure : figures) {
                table.row(
                        figure.step(),
                        rounded(figure.eventsPerSecond(), 0),
                        rounded(figure.wallPerSecond(), 0),
                        rounded(figure.microsPerEvent(), 2),
                        rounded(figure.bytesPerEvent(), 0),
                        rounded(floor / figure.eventsPerSecond(), 2));
            }
            print(table, machine, out);
        }
    }

    @Command(
            name = "door",
            description = {
                "How many envelopes a second the HTTP door takes in batches of 100, and how long a sender of single ones waits"
                        + " for the answer, which is given when they are in Kafka on all in-sync replicas.",
                "Loads the running platform, which will hold what it sends; without one, a broker, a registry and a door of"
                        + " its own, for the time of the measurement."
            },
            mixinStandardHelpOptions = true)
    static final class HttpDoor implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Option(names = "--url", paramLabel = "URL", description = "Another door than the running platform's.")
        private @Nullable URI url;

        @Option(
                names = "--time",
                paramLabel = "TIME",
                defaultValue = "PT20S",
                description = "How long each load is measured (default: ${DEFAULT-VALUE}).")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private Duration time;

        @Option(
                names = "--seed",
                paramLabel = "S",
                defaultValue = "1",
                description = "Which envelopes (default: ${DEFAULT-VALUE}).")
        private long seed;

        @Option(names = "--json", description = "Print the figures as JSON.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            PrintWriter err = spec.commandLine().getErr();
            Optional<URI> door = Optional.ofNullable(url)
                    .or(() -> PlatformState.readRunning(data.path())
                            .flatMap(state -> state.addresses().ingest())
                            .map(URI::create));
            List<Door.Figure> figures = door.isPresent()
                    ? Door.run(door.get(), time, seed, err::println)
                    : Door.runOwn(data.ownPath().resolve("bench-door"), time, seed, err::println);
            print(figures);
        }

        private void print(List<Door.Figure> figures) {
            Machine machine = Machine.here();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                ObjectNode document = document("door", machine);
                ArrayNode rows = document.putArray("figures");
                for (Door.Figure figure : figures) {
                    rows.addObject().put("load", figure.load()).putPOJO("result", figure.result());
                }
                out.println(document);
                return;
            }
            TextTable table =
                    new TextTable("load", "envelopes/s", "median ms", "p95 ms", "p99 ms", "max ms", "refused requests");
            for (Door.Figure figure : figures) {
                DoorLoad.Result result = figure.result();
                table.row(
                        figure.load(),
                        rounded(result.envelopesPerSecond(), 0),
                        millis(result.medianMicros()),
                        millis(result.p95Micros()),
                        millis(result.p99Micros()),
                        millis(result.maxMicros()),
                        result.refused());
            }
            Bench.print(table, machine, out);
        }

        private static BigDecimal millis(long micros) {
            return BigDecimal.valueOf(micros, 3).setScale(1, RoundingMode.HALF_EVEN);
        }
    }

    private static @Nullable BigDecimal rounded(double figure, int decimals) {
        return Double.isFinite(figure) ? BigDecimal.valueOf(figure).setScale(decimals, RoundingMode.HALF_EVEN) : null;
    }
}
