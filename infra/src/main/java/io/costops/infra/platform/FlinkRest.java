package io.costops.infra.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The few calls of the JobManager's REST API that the supervisor needs. */
final class FlinkRest {

    private static final Duration QUICK = Duration.ofSeconds(5);
    /** The main method of a job runs in this call: it applies migrations and registers schemas. */
    static final Duration SUBMISSION = Duration.ofMinutes(3);

    private static final String BOUNDARY = "costops-job-jar";

    /** In the middle of each metric that a job of ours counts. */
    private static final String OWN_GROUP = ".costops.";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** What Flink says of a job. */
    enum JobState {
        INITIALIZING(false),
        CREATED(false),
        RUNNING(false),
        FAILING(false),
        FAILED(true),
        CANCELLING(false),
        CANCELED(true),
        FINISHED(true),
        RESTARTING(false),
        SUSPENDED(true),
        RECONCILING(false);

        private final boolean terminal;

        JobState(boolean terminal) {
            this.terminal = terminal;
        }

        boolean isTerminal() {
            return terminal;
        }
    }

    /** A refusal; the message is Flink's. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    private final URI base;
    private final HttpClient client;

    FlinkRest(URI base) {
        this.base = base;
        this.client = HttpClient.newBuilder().connectTimeout(QUICK).build();
    }

    /** How many TaskManagers are registered; empty when the JobManager doesn't answer. */
    OptionalInt taskManagers() {
        try {
            return OptionalInt.of(get("/overview").path("taskmanagers").asInt());
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }

    /**
     * Whether a TaskManager with this resource id is registered and was heard of since then; the JobManager lists one that
     * died until it has missed its heartbeats.
     */
    boolean hasTaskManager(String resourceId, Instant since) {
        try {
            // Named a duration, but it is the time itself.
            long heardMillis = get("/taskmanagers/" + resourceId)
                    .path("timeSinceLastHeartbeat")
                    .asLong();
            return heardMillis >= since.toEpochMilli();
        } catch (IOException e) {
            return false;
        }
    }

    /** Empty when the JobManager doesn't know the job. */
    Optional<JobState> jobState(String jobId) throws IOException {
        // A job that is unknown is an internal error to /jobs/<id>/status, and no entry here.
        for (JsonNode job : get("/jobs").path("jobs")) {
            if (job.path("id").asText().equals(jobId)) {
                return Optional.of(JobState.valueOf(job.path("status").asText()));
            }
        }
        return Optional.empty();
    }

    /** Whether every task of the job runs. */
    boolean runsWhole(String jobId) {
        try {
            JsonNode job = get("/jobs/" + jobId);
            if (!job.path("state").asText().equals("RUNNING")) {
                return false;
            }
            for (JsonNode vertex : job.path("vertices")) {
                if (vertex.path("tasks").path("RUNNING").asInt()
                        != vertex.path("parallelism").asInt()) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Bytes of state in the newest checkpoint of a job, the parts among them that it shares with earlier ones. */
    OptionalLong stateBytes(String jobId) {
        try {
            JsonNode newest =
                    get("/jobs/" + jobId + "/checkpoints").path("latest").path("completed");
            return newest.path("state_size").isNumber()
                    ? OptionalLong.of(newest.path("state_size").asLong())
                    : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /** Has the JobManager fetch the tasks' metrics, which it does only when somebody asks, and answers what it has by then. */
    void refreshMetrics(String jobId) {
        try {
            get("/jobs/" + jobId + "/metrics");
        } catch (IOException e) {
            // Then it tells what it knew before.
        }
    }

    /** What a job has counted in its own group of metrics since its tasks started, by name. */
    Map<String, Long> counters(String jobId, Set<String> names) {
        Map<String, Long> counters = new TreeMap<>();
        try {
            for (JsonNode vertex : get("/jobs/" + jobId).path("vertices")) {
                String metrics =
                        "/jobs/" + jobId + "/vertices/" + vertex.path("id").asText() + "/subtasks/metrics";
                Map<String, String> wanted = new TreeMap<>();
                for (JsonNode metric : get(metrics)) {
                    String id = metric.path("id").asText();
                    ownName(id).filter(names::contains).ifPresent(name -> wanted.put(id, name));
                }
                if (!wanted.isEmpty()) {
                    String ids = wanted.keySet().stream()
                            .map(id -> URLEncoder.encode(id, StandardCharsets.UTF_8))
                            .collect(Collectors.joining(","));
                    for (JsonNode metric : get(metrics + "?agg=sum&get=" + ids)) {
                        String name = wanted.get(metric.path("id").asText());
                        if (name != null) {
                            counters.merge(name, Math.round(metric.path("sum").asDouble()), Long::sum);
                        }
                    }
                }
            }
        } catch (IOException e) {
            // What could be learned is better than nothing.
        }
        return counters;
    }

    /** {@code Price_usage.costops.duplicates} is the counter {@code duplicates}. */
    static Optional<String> ownName(String metricId) {
        int group = metricId.lastIndexOf(OWN_GROUP);
        return group < 0 ? Optional.empty() : Optional.of(metricId.substring(group + OWN_GROUP.length()));
    }

    /** The first line of what made the job fail last. */
    String rootCause(String jobId) {
        try {
            JsonNode entry = get("/jobs/" + jobId + "/exceptions?maxExceptions=1")
                    .path("exceptionHistory")
                    .path("entries")
                    .path(0);
            return causes(entry.path("stacktrace").asText());
        } catch (IOException e) {
            return "";
        }
    }

    /** Asks for the cancellation; the job ends some time after. */
    void cancel(String jobId) throws IOException {
        send(request("/jobs/" + jobId + "?mode=cancel", QUICK).method("PATCH", BodyPublishers.noBody()));
    }

    /** Asks for the end of the job with a savepoint; it ends some time after, if nothing comes in between. */
    void stopWithSavepoint(String jobId, Path folder) throws IOException {
        ObjectNode body = JSON.createObjectNode();
        body.put("targetDirectory", folder.toUri().toString());
        body.put("drain", false);
        // The form that every state backend and a later version of Flink reads.
        body.put("formatType", "CANONICAL");
        send(request("/jobs/" + jobId + "/stop", QUICK)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString())));
    }

    /** Uploads a job's jar and returns its id. */
    String upload(Path jar) throws IOException {
        String head = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\""
                + jar.getFileName() + "\"\r\nContent-Type: application/x-java-archive\r\n\r\n";
        String tail = "\r\n--" + BOUNDARY + "--\r\n";
        HttpRequest.Builder request = request("/jars/upload", SUBMISSION)
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(BodyPublishers.concat(
                        BodyPublishers.ofString(head), BodyPublishers.ofFile(jar), BodyPublishers.ofString(tail)));
        String stored = send(request).path("filename").asText();
        return stored.substring(stored.lastIndexOf('/') + 1);
    }

    void deleteJar(String jarId) throws IOException {
        send(request("/jars/" + jarId, QUICK).DELETE());
    }

    /** Runs the main method of an uploaded jar, which submits the job under the id given. */
    void run(
            String jarId,
            String jobId,
            String mainClass,
            List<String> arguments,
            Optional<Path> restorePoint,
            Map<String, String> configuration)
            throws IOException {
        ObjectNode body = JSON.createObjectNode();
        body.put("jobId", jobId);
        body.put("entryClass", mainClass);
        ArrayNode programArguments = body.putArray("programArgsList");
        arguments.forEach(programArguments::add);
        restorePoint.ifPresent(path -> {
            body.put("savepointPath", path.toUri().toString());
            // The run owns the checkpoint it came from and deletes it once it has a newer one.
            body.put("claimMode", "CLAIM");
        });
        ObjectNode settings = body.putObject("flinkConfiguration");
        configuration.forEach(settings::put);
        send(request("/jars/" + jarId + "/run", SUBMISSION)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString())));
    }

    private JsonNode get(String path) throws IOException {
        return send(request(path, QUICK).GET());
    }

    private HttpRequest.Builder request(String path, Duration timeout) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(timeout);
    }

    private JsonNode send(HttpRequest.Builder request) throws IOException {
        HttpResponse<byte[]> response;
        try {
            response = client.send(request.build(), BodyHandlers.ofByteArray());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (response.statusCode() >= 300) {
            throw new Refused(refusal(response));
        }
        return JSON.readTree(response.body());
    }

    private static String refusal(HttpResponse<byte[]> response) {
        try {
            StringBuilder errors = new StringBuilder();
            for (JsonNode error : JSON.readTree(response.body()).path("errors")) {
                errors.append(errors.isEmpty() ? "" : "; ").append(causes(error.asText()));
            }
            return errors.isEmpty() ? "HTTP " + response.statusCode() : errors.toString();
        } catch (IOException e) {
            return "HTTP " + response.statusCode() + " "
                    + new String(response.body(), StandardCharsets.UTF_8)
                            .lines()
                            .findFirst()
                            .orElse("");
        }
    }

    /** Of a stack trace, the deepest cause: the outer ones only say that something went wrong. */
    static String causes(String stackTrace) {
        String first = stackTrace.lines().findFirst().orElse("");
        String deepest = stackTrace
                .lines()
                .filter(line -> line.startsWith("Caused by: "))
                .reduce((earlier, later) -> later)
                .map(line -> line.substring("Caused by: ".length()))
                .orElse(first);
        return deepest.strip();
    }
}
