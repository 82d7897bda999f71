package io.costops.infra.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.costops.infra.platform.Component.Spec;
import io.costops.sinks.notify.config.RoutingFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The notifier process: from {@code cost.alerts} to Slack, PagerDuty, webhooks and mailboxes. */
final class NotifierProcess {

    private static final List<String> JVM =
            List.of("-Xms32m", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    private static final Duration START_PATIENCE = Duration.ofMinutes(3);

    /** A message that is under way is answered, recorded and committed before it ends. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(35);

    private static final int PAGE_MILLIS = 5_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Distribution distribution;
    private final DataDirectory data;
    private final int port;
    private final String kafkaBootstrap;
    private final String registryUrl;
    private final Optional<Path> routes;
    private final Map<String, String> secrets;

    /**
     * @param routes receivers and routes; without them nobody is told
     * @param environment where the variables are that the routes take secrets from; the process gets those and no others
     */
    NotifierProcess(
            Distribution distribution,
            DataDirectory data,
            int port,
            String kafkaBootstrap,
            String registryUrl,
            Optional<Path> routes,
            Map<String, String> environment) {
        this.distribution = distribution;
        this.data = data;
        this.port = port;
        this.kafkaBootstrap = kafkaBootstrap;
        this.registryUrl = registryUrl;
        this.routes = routes.map(Path::toAbsolutePath);
        this.secrets = new TreeMap<>();
        // What is wrong with the file is said now, and not by a process that dies again and again.
        routes.ifPresent(file -> {
            RoutingFile.read(file, environment);
            RoutingFile.variables(file).forEach(name -> secrets.put(name, environment.getOrDefault(name, "")));
        });
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    Spec spec() {
        return new Spec(
                "notifier", url(), this::launch, process -> answers(url()), START_PATIENCE, STOP_PATIENCE, () -> {});
    }

    static boolean answers(String url) {
        return Probes.isOk(URI.create(url + "/readyz"));
    }

    /** What it says of its receivers: it does its work, and they may not do theirs. */
    static String detail(String url) {
        try {
            var connection = URI.create(url + "/status").toURL().openConnection();
            connection.setConnectTimeout(PAGE_MILLIS);
            connection.setReadTimeout(PAGE_MILLIS);
            try (InputStream in = connection.getInputStream()) {
                return detail(JSON.readTree(in));
            }
        } catch (IOException e) {
            return "answers";
        }
    }

    static String detail(JsonNode status) {
        int waiting = 0;
        int refused = 0;
        List<String> failing = new ArrayList<>();
        for (JsonNode receiver : status.path("receivers")) {
            waiting += receiver.path("waiting").asInt();
            refused += receiver.path("refused").asInt();
            if (receiver.path("failing").asBoolean()) {
                failing.add(receiver.path("name").asText());
            }
        }
        StringBuilder detail = new StringBuilder("answers");
        if (status.path("routes").asInt() == 0) {
            detail.append("; no routes: nobody is told");
        }
        if (waiting > 0) {
            detail.append("; ").append(waiting).append(" waiting");
        }
        if (refused > 0) {
            detail.append("; ").append(refused).append(" refused");
        }
        if (!failing.isEmpty()) {
            detail.append("; failing: ").append(String.join(", ", failing));
        }
        return detail.toString();
    }

    private Child launch() throws IOException {
        List<String> options = new ArrayList<>(JVM);
        options.add(Build.avroOption());
        List<String> arguments = new ArrayList<>(List.of(
                "--kafka.bootstrap",
                kafkaBootstrap,
                "--schema.registry.url",
                registryUrl,
                "--state.dir",
                data.folder("notifier").toString(),
                "--http.port",
                Integer.toString(port),
                "--instance.id",
                "local"));
        routes.ifPresent(file -> arguments.addAll(List.of("--routes", file.toString())));
        return ChildJvm.start(new ChildJvm.Command(
                Logging.with(options, data.log("notifier")),
                List.of(distribution.jarsOf("lib")),
                "io.costops.sinks.notify.NotifierMain",
                arguments,
                data.folder("notifier"),
                data.output("notifier"),
                secrets,
                Leash.Ending.ORDERLY));
    }
}
