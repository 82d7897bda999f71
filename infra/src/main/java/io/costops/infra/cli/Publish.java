package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.topics.Topics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Publishes usage to {@code usage.raw}. */
@Command(
        name = "publish",
        description = {
            "Publishes usage to the topic usage.raw and waits until Kafka has acknowledged all of it.",
            "A FILE holds envelopes, one JSON object a line (NDJSON) or the elements of a JSON array; with --source it holds"
                    + " raw payloads of that source.",
            "A record that is not a JSON object is named with its line and published all the same: the pipeline keeps it in"
                    + " usage.rejected with its reason. The exit code is then 1."
        },
        mixinStandardHelpOptions = true)
final class Publish implements Callable<Integer> {

    /** Room for the record's own frame in the topic's bound. */
    private static final int FRAME_BYTES = 1024;

    private static final long PROGRESS_EVERY = 10_000;
    private static final int SHOWN_PROBLEMS = 20;
    private static final int DELIVERY_MILLIS = 120_000;
    private static final int CONNECT_MILLIS = 30_000;

    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "What to publish; - is standard input.")
    private List<Path> files = List.of();

    @Option(
            names = "--source",
            paramLabel = "KIND",
            description =
                    "The files hold raw payloads of this source kind, such as openai.chat; each is wrapped into an"
                            + " envelope.")
    private @Nullable String source;

    @Option(names = "--tenant", paramLabel = "NAME", description = "With --source: the tenant of every payload.")
    private @Nullable String tenant;

    @Option(names = "--project", paramLabel = "NAME", description = "With --source: the project of every payload.")
    private @Nullable String project;

    @Option(
            names = "--environment",
            paramLabel = "NAME",
            description = "With --source: the environment of every payload.")
    private @Nullable String environment;

    @Option(
            names = "--api-key-id",
            paramLabel = "ID",
            description = "With --source: the API key's id of every payload.")
    private @Nullable String apiKeyId;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final RecordFile records = new RecordFile(Topics.USAGE_RAW.maxMessageBytes() - FRAME_BYTES);
    private final List<Problem> problems = new ArrayList<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private long sent;
    private long malformed;
    private long tooLong;

    /** A record that the pipeline will reject, or that couldn't be sent. */
    private record Problem(String file, long place, String what) {}

    @Override
    public Integer call() {
        if (source == null && (tenant != null || project != null || environment != null || apiKeyId != null)) {
            throw new IllegalArgumentException(
                    "--tenant, --project, --environment and --api-key-id go with --source; an envelope has its own");
        }
        for (Path file : files) {
            if (!isStandardInput(file) && !Files.isReadable(file)) {
                throw new PlatformException("can't read the file " + file);
            }
        }
        String bootstrap = data.addresses().requireKafka();
        try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap)) {
            // Asked first, so that an absent broker is one clear line and not a time-out for each record.
            producer.partitionsFor(Topics.USAGE_RAW.name());
            for (Path file : files) {
                publish(file, producer);
            }
            producer.flush();
        } catch (KafkaException e) {
            throw new PlatformException("Kafka at " + bootstrap + " did not take the records: " + e.getMessage(), e);
        }
        return report();
    }

    private void publish(Path file, KafkaProducer<byte[], byte[]> producer) {
        try (InputStream in = isStandardInput(file) ? System.in : Files.newInputStream(file)) {
            records.read(in, record -> publish(file, record, producer));
        } catch (IOException e) {
            producer.flush();
            throw new PlatformException(
                    "can't read " + file + " to its end: " + e.getMessage() + "; " + acknowledged
                            + " records were published",
                    e);
        }
    }

    private void publish(Path file, RecordFile.Entry record, KafkaProducer<byte[], byte[]> producer) {
        record.problem().ifPresent(what -> {
            if (problems.size() < SHOWN_PROBLEMS) {
                problems.add(new Problem(file.toString(), record.place(), what));
            }
        });
        if (record.isTooLong()) {
            tooLong++;
            return;
        }
        malformed += record.problem().isPresent() ? 1 : 0;
        byte[] value = record.problem().isEmpty() ? wrapped(record.bytes()) : record.bytes();
        var unused = producer.send(new ProducerRecord<>(Topics.USAGE_RAW.name(), value), (metadata, refusal) -> {
            if (refusal == null) {
                acknowledged.incrementAndGet();
            } else {
                failure.compareAndSet(null, refusal);
            }
        });
        sent++;
        if (sent % PROGRESS_EVERY == 0) {
            spec.commandLine().getErr().println("published " + acknowledged);
        }
    }

    /** The payload's own bytes inside an envelope. */
    private byte[] wrapped(byte[] payload) {
        if (source == null) {
            return payload;
        }
        Map<String, @Nullable String> fields = new LinkedHashMap<>();
        fields.put("source", source);
        fields.put("tenant", tenant);
        fields.put("project", project);
        fields.put("environment", environment);
        fields.put("api_key_id", apiKeyId);
        ObjectNode envelope = JSON.createObjectNode();
        fields.forEach((name, value) -> {
            if (value != null) {
                envelope.put(name, value);
            }
        });
        String head = envelope.toString();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(payload.length + head.length() + 16);
        bytes.writeBytes(head.substring(0, head.length() - 1).getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(",\"payload\":".getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(payload);
        bytes.write('}');
        return bytes.toByteArray();
    }

    private int report() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Exception refusal = failure.get();
        if (json) {
            ObjectNode result = JSON.createObjectNode();
            result.put("published", acknowledged.get());
            result.put("not_published", sent - acknowledged.get() + tooLong);
            result.put("malformed", malformed);
            ArrayNode list = result.putArray("problems");
            for (Problem problem : problems) {
                list.addObject()
                        .put("file", problem.file())
                        .put("place", problem.place())
                        .put("problem", problem.what());
            }
            out.println(result);
        } else {
            problems.forEach(problem ->
                    err.println("costops: " + problem.file() + ":" + problem.place() + ": " + problem.what()));
            out.println("published " + acknowledged + " records to " + Topics.USAGE_RAW.name()
                    + (malformed == 0
                            ? ""
                            : "; " + malformed + " of them are malformed and will stand in usage.rejected")
                    + (tooLong == 0 ? "" : "; " + tooLong + " were too long and NOT published"));
        }
        if (refusal != null) {
            throw new PlatformException(
                    (sent - acknowledged.get()) + " records were NOT published: " + refusal.getMessage(), refusal);
        }
        return malformed + tooLong == 0 ? 0 : 1;
    }

    private static boolean isStandardInput(Path file) {
        return file.toString().equals("-");
    }

    private static KafkaProducer<byte[], byte[]> producer(String bootstrap) {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.COMPRESSION_TYPE_CONFIG,
                        "lz4",
                        ProducerConfig.LINGER_MS_CONFIG,
                        5,
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        Topics.USAGE_RAW.maxMessageBytes(),
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        CONNECT_MILLIS,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        DELIVERY_MILLIS),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }
}
