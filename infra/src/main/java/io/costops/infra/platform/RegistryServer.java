package io.costops.infra.platform;

import io.costops.infra.platform.Component.Spec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Apicurio: a schema registry that speaks Confluent's API, on a file of H2 so that ids survive a restart. */
final class RegistryServer {

    /** A new schema must read what every older one wrote. */
    static final String COMPATIBILITY = "BACKWARD_TRANSITIVE";

    private static final String CONFLUENT_API = "/apis/ccompat/v7";
    private static final List<String> JVM =
            List.of("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    private static final Duration START_PATIENCE = Duration.ofMinutes(3);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(25);
    private static final Duration REQUEST_PATIENCE = Duration.ofSeconds(20);

    private final Distribution distribution;
    private final DataDirectory data;
    private final int port;

    RegistryServer(Distribution distribution, DataDirectory data, int port) {
        this.distribution = distribution;
        this.data = data;
        this.port = port;
    }

    String url() {
        return "http://127.0.0.1:" + port + CONFLUENT_API;
    }

    Spec spec() {
        return new Spec(
                "registry", url(), this::launch, process -> answers(url()), START_PATIENCE, STOP_PATIENCE, () -> {});
    }

    static boolean answers(String url) {
        return Probes.isOk(URI.create(url + "/subjects"));
    }

    /** Apicurio checks nothing unless told; a registry that is given keeps its own rule. */
    static void requireCompatibility(String url) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/config"))
                .timeout(REQUEST_PATIENCE)
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"compatibility\": \"" + COMPATIBILITY + "\"}"))
                .build();
        try {
            HttpResponse<String> response =
                    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new PlatformException("the schema registry at " + url + " refuses the compatibility "
                        + COMPATIBILITY + ": " + response.body());
            }
        } catch (IOException e) {
            throw new PlatformException("the schema registry at " + url + " does not answer: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlatformException("interrupted while setting the registry's compatibility", e);
        }
    }

    private Child launch() throws IOException {
        Path folder = data.folder("registry");
        Path runner = distribution
                .jar("registry", "apicurio-registry-app")
                .orElseThrow(() -> new IOException("no registry in " + distribution.file("registry")));
        List<String> options = new ArrayList<>(JVM);
        options.addAll(List.of(
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + port,
                "-Dquarkus.datasource.db-kind=h2",
                // No delay: an id that was handed out stands in records, so it must survive a kill that comes next.
                "-Dquarkus.datasource.jdbc.url=jdbc:h2:file:" + folder.resolve("registry") + ";WRITE_DELAY=0",
                "-Dquarkus.datasource.jdbc.initial-size=2",
                "-Dquarkus.datasource.jdbc.min-size=2",
                "-Dquarkus.datasource.jdbc.max-size=10",
                "-Dquarkus.log.console.enable=false",
                "-Dquarkus.log.file.enable=true",
                "-Dquarkus.log.file.path=" + data.log("registry"),
                "-Dquarkus.log.file.rotation.rotate-on-boot=false",
                "-Dquarkus.log.file.rotation.max-file-size=20M",
                "-Dquarkus.log.file.rotation.max-backup-index=2",
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager"));
        return ChildJvm.start(new ChildJvm.Command(
                options,
                List.of(runner, Distribution.codeOf(Leash.class)),
                "io.quarkus.runner.GeneratedMain",
                List.of(),
                folder,
                data.output("registry"),
                Map.of(),
                Leash.Ending.ORDERLY));
    }
}
