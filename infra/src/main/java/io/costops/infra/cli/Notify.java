package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.platform.PlatformException;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.sinks.notify.config.ReceiverSettings;
import io.costops.sinks.notify.config.Route;
import io.costops.sinks.notify.config.Routing;
import io.costops.sinks.notify.config.RoutingFile;
import io.costops.sinks.notify.courier.Answer;
import io.costops.sinks.notify.courier.Courier;
import io.costops.sinks.notify.courier.Couriers;
import io.costops.sinks.notify.courier.Letter;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks, tries and mends the ways by which people are told of alerts. */
@Command(
        name = "notify",
        description = "Checks, tries and mends the ways by which people are told of alerts.",
        mixinStandardHelpOptions = true,
        subcommands = {Notify.Check.class, Notify.Test.class, Notify.Retry.class},
        synopsisSubcommandLabel = "COMMAND")
final class Notify implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Reads the file as the notifier does. */
    @Command(
            name = "check",
            description = "Reads receivers and routes as the notifier does, their secrets too, and shows them.",
            mixinStandardHelpOptions = true)
    static final class Check implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Mixin
        private final RoutesOption routes = new RoutesOption();

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            Routing routing = RoutingFile.read(routes.require(data.path()), System.getenv());
            PrintWriter out = spec.commandLine().getOut();
            for (Route route : routing.routes()) {
                out.println(route.name() + ": " + conditions(route) + " -> "
                        + String.join(", ", new TreeSet<>(route.receivers())));
            }
            Set<String> idle = new TreeSet<>(routing.receivers().keySet());
            routing.routes().forEach(route -> idle.removeAll(route.receivers()));
            if (!idle.isEmpty()) {
                out.println("no route leads to " + String.join(", ", idle));
            }
            out.println(routing.receivers().size() + " receivers and "
                    + routing.routes().size() + " routes are in order; restart the notifier to use them");
        }

        private static String conditions(Route route) {
            List<String> conditions = new ArrayList<>();
            switch (route.about()) {
                case ANY -> {}
                case TENANTS -> conditions.add("about a tenant");
                case ALL_TOGETHER -> conditions.add("about all tenants together");
            }
            add(conditions, "tenant", route.tenants());
            add(conditions, "severity", route.severities());
            add(conditions, "category", route.categories());
            return conditions.isEmpty() ? "every alert" : String.join(" and ", conditions);
        }

        private static void add(List<String> conditions, String what, Set<?> values) {
            if (!values.isEmpty()) {
                Set<String> words = new TreeSet<>();
                values.forEach(value -> words.add(
                        value instanceof Enum<?> word
                                ? word.name().toLowerCase(java.util.Locale.ROOT)
                                : value.toString()));
                conditions.add(what + " " + String.join(" or ", words));
            }
        }
    }

    /** Sends a test alert at once, from this process: secrets, network and receiver are tried in one go. */
    @Command(
            name = "test",
            description = {
                "Sends a test alert to every receiver of a route, or to one receiver, and shows what they answer.",
                "Receivers that hold incidents open are told of its end at once. Exits with 1 if one of them did not take it."
            },
            mixinStandardHelpOptions = true)
    static final class Test implements Callable<Integer> {
        private static final ObjectMapper JSON = new ObjectMapper();

        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Mixin
        private final RoutesOption routes = new RoutesOption();

        @Option(names = "--route", paramLabel = "NAME", description = "Tell the receivers of this route.")
        private @Nullable String route;

        @Option(names = "--receiver", paramLabel = "NAME", description = "Tell this receiver.")
        private @Nullable String receiver;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        private record Result(String receiver, String kind, String step, Answer answer) {}

        @Override
        public Integer call() throws InterruptedException {
            Clock clock = Clock.systemUTC();
            Routing routing = RoutingFile.read(routes.require(data.path()), System.getenv());
            Set<String> names = receivers(routing);
            Map<String, Courier> couriers = Couriers.of(routing, clock);
            String incident = "test-" + UUID.randomUUID();
            List<Result> results = new ArrayList<>();
            for (String name : names) {
                ReceiverSettings settings = routing.receivers().get(name);
                Courier courier = couriers.get(name);
                if (settings == null || courier == null) {
                    throw new IllegalStateException("the routes lead to no receiver " + name);
                }
                Answer answer = courier.deliver(Letter.to(name, alert(incident, 0, clock.instant())));
                results.add(new Result(name, settings.kind(), "opened", answer));
                if (settings.holdsIncidents() && answer instanceof Answer.Taken) {
                    results.add(new Result(
                            name,
                            settings.kind(),
                            "resolved",
                            courier.deliver(Letter.to(name, alert(incident, 1, clock.instant())))));
                }
            }
            show(results);
            return results.stream().allMatch(result -> result.answer() instanceof Answer.Taken) ? 0 : 1;
        }

        private Set<String> receivers(Routing routing) {
            if ((route == null) == (receiver == null)) {
                throw new IllegalArgumentException("name either --route or --receiver");
            }
            if (receiver != null) {
                if (!routing.receivers().containsKey(receiver)) {
                    throw new IllegalArgumentException("no receiver " + receiver + "; there are "
                            + routing.receivers().keySet());
                }
                return Set.of(receiver);
            }
            return new TreeSet<>(routing.routes().stream()
                    .filter(found -> found.name().equals(route))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no route " + route + "; there are "
                            + routing.routes().stream().map(Route::name).toList()))
                    .receivers());
        }

        private static Alert alert(String incident, int sequence, Instant now) {
            Instant micros = now.truncatedTo(ChronoUnit.MICROS);
            return Alert.newBuilder()
                    .setIncidentId(incident)
                    .setSequence(sequence)
                    .setAction(sequence == 0 ? AlertAction.OPENED : AlertAction.RESOLVED)
                    .setSeverity(AlertSeverity.INFO)
                    .setRecordedAt(micros)
                    .setStartedAt(micros)
                    .setWindowStart(micros)
                    .setWindowEnd(micros)
                    .setResolvedAt(sequence == 0 ? null : micros)
                    .setTenant("test")
                    .setMetric("cost")
                    .setTitle("Test of the notifier: nothing is wrong")
                    .setExplanation(
                            "Somebody ran costops notify test. If you can read this, you will be told of alerts.")
                    .setDetector("costops notify test")
                    .build();
        }

        private void show(List<Result> results) {
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                ArrayNode array = JSON.createArrayNode();
                for (Result result : results) {
                    ObjectNode node = array.addObject()
                            .put("receiver", result.receiver())
                            .put("kind", result.kind())
                            .put("step", result.step())
                            .put("outcome", outcome(result.answer()))
                            .put("status", result.answer().status());
                    node.put("message", result.answer().said());
                }
                out.println(array);
            } else {
                TextTable table = new TextTable("receiver", "kind", "step", "outcome", "status", "said");
                for (Result result : results) {
                    table.row(
                            result.receiver(),
                            result.kind(),
                            result.step(),
                            outcome(result.answer()),
                            result.answer().status(),
                            result.answer().said());
                }
                table.lines().forEach(out::println);
            }
        }

        private static String outcome(Answer answer) {
            if (answer instanceof Answer.Taken) {
                return "delivered";
            } else if (answer instanceof Answer.Refused) {
                return "refused";
            } else if (answer instanceof Answer.Throttled) {
                return "throttled";
            }
            return "failed";
        }
    }

    /** What a receiver has refused is tried once more, after what was wrong is mended. */
    @Command(
            name = "retry",
            description = "Makes the running notifier try once more what a receiver has refused.",
            mixinStandardHelpOptions = true)
    static final class Retry implements Runnable {
        private static final Duration PATIENCE = Duration.ofSeconds(10);
        private static final int OK = 200;

        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Parameters(paramLabel = "RECEIVER", description = "The receiver's name.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String receiver;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            if (!receiver.matches("[a-z0-9_.-]+")) {
                throw new IllegalArgumentException("'" + receiver + "' is no receiver's name");
            }
            String url = data.addresses().requireNotifier();
            try {
                HttpResponse<String> answer = HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(url + "/release/" + receiver))
                                        .timeout(PATIENCE)
                                        .POST(HttpRequest.BodyPublishers.noBody())
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() != OK) {
                    throw new PlatformException(
                            "the notifier at " + url + " says: " + answer.body().strip());
                }
                spec.commandLine().getOut().println(answer.body().strip());
            } catch (IOException e) {
                throw new PlatformException("the notifier at " + url + " does not answer: " + e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new PlatformException("interrupted", e);
            }
        }
    }
}
