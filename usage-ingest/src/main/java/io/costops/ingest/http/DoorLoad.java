package io.costops.ingest.http;

import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.config.Option;
import io.costops.schemas.config.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Loads the door with envelopes made from a seed, and measures how fast they are acknowledged.
 *
 * <p>With a rate, latency counts from the moment at which a request was due, not from the one at which a busy client got
 * round to sending it.
 */
public final class DoorLoad {

    /** What to send. */
    public record Plan(
            @Option(value = "address of the door", byDefault = "http://127.0.0.1:8088")
            URI url,

            @Option("API key") Optional<Secret> key,

            @Option(value = "seed of the envelopes", byDefault = "1")
            long seed,

            @Option(value = "envelopes in a request", byDefault = "100")
            int batch,

            @Option(value = "connections, each with one request at a time", byDefault = "4")
            int connections,

            @Option(value = "envelopes a second; 0 for as many as are taken", byDefault = "0")
            int rate,

            @Option(value = "time that isn't measured", byDefault = "5s")
            Duration warmup,

            @Option(value = "time that is measured", byDefault = "20s")
            Duration time) {
        public Plan {
            if (batch < 1 || connections < 1 || rate < 0) {
                throw new ConfigurationException("options --batch and --connections must be above 0, --rate 0 or more");
            }
        }
    }

    /**
     * What was measured.
     *
     * @param bytes of the bodies of the requests that were acknowledged
     * @param refused requests that were answered with anything but 202, or not at all
     * @param medianMicros of the requests that were acknowledged, as are the others
     */
    public record Result(
            long requests,
            long envelopes,
            long bytes,
            long refused,
            double envelopesPerSecond,
            long medianMicros,
            long p95Micros,
            long p99Micros,
            long maxMicros) {

        /** One line for people. */
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%,d envelopes in %,d requests, %,.0f/s, %,d bytes each; median %.1f ms, p95 %.1f ms, p99 %.1f ms,"
                            + " max %.1f ms; %d refused",
                    envelopes,
                    requests,
                    envelopesPerSecond,
                    envelopes == 0 ? 0 : bytes / envelopes,
                    medianMicros / 1e3,
                    p95Micros / 1e3,
                    p99Micros / 1e3,
                    maxMicros / 1e3,
                    refused);
        }
    }

    private final Plan plan;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicLong nextRequest = new AtomicLong();
    private final ConcurrentLinkedQueue<Sample> samples = new ConcurrentLinkedQueue<>();

    private record Sample(long dueNanos, long doneNanos, int bytes, boolean acknowledged) {}

    private DoorLoad(Plan plan) {
        this.plan = plan;
    }

    public static void main(String[] arguments) throws InterruptedException {
        if (Arrays.asList(arguments).contains("--help")) {
            Configurations.describe(Plan.class).forEach(System.out::println);
            return;
        }
        try {
            System.out.println(run(Configurations.read(Plan.class, arguments, System.getenv())));
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /** Runs a plan to its end. */
    public static Result run(Plan plan) throws InterruptedException {
        return new DoorLoad(plan).run();
    }

    private Result run() throws InterruptedException {
        long beginNanos = System.nanoTime();
        long measuredFrom = beginNanos + plan.warmup().toNanos();
        long endNanos = measuredFrom + plan.time().toNanos();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < plan.connections(); i++) {
            int number = i;
            Thread sender = new Thread(() -> send(number, beginNanos, endNanos), "load-" + i);
            sender.start();
            senders.add(sender);
        }
        for (Thread sender : senders) {
            sender.join();
        }
        return result(measuredFrom, endNanos);
    }

    private void send(int number, long beginNanos, long endNanos) {
        Random random = new Random(plan.seed() * 1_000_003 + number);
        String run = Long.toHexString(beginNanos) + "-" + number + "-";
        long count = 0;
        while (System.nanoTime() < endNanos) {
            String body = body(random, run, count);
            count += plan.batch();
            long due = System.nanoTime();
            if (plan.rate() > 0) {
                due = beginNanos + nextRequest.getAndIncrement() * 1_000_000_000L * plan.batch() / plan.rate();
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
            }
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            boolean acknowledged = post(bytes);
            samples.add(new Sample(due, System.nanoTime(), bytes.length, acknowledged));
        }
    }

    private boolean post(byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(plan.url().resolve("/v1/usage"))
                .header("Content-Type", "application/x-ndjson")
                .timeout(Duration.ofMinutes(1))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        plan.key().ifPresent(key -> request.header("Authorization", "Bearer " + key.reveal()));
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 202;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Result result(long fromNanos, long endNanos) {
        List<Sample> measured = samples.stream()
                .filter(sample -> sample.doneNanos() >= fromNanos && sample.doneNanos() < endNanos)
                .toList();
        List<Sample> good = measured.stream().filter(Sample::acknowledged).toList();
        long[] micros = good.stream()
                .mapToLong(sample -> (sample.doneNanos() - sample.dueNanos()) / 1_000)
                .sorted()
                .toArray();
        long envelopes = (long) good.size() * plan.batch();
        return new Result(
                good.size(),
                envelopes,
                good.stream().mapToLong(Sample::bytes).sum(),
                measured.size() - good.size(),
                envelopes * 1e9 / (endNanos - fromNanos),
                percentile(micros, 50),
                percentile(micros, 95),
                percentile(micros, 99),
                percentile(micros, 100));
    }

    private static long percentile(long[] sorted, int percent) {
        return sorted.length == 0 ? 0 : sorted[Math.max(0, (int) Math.ceil(sorted.length * percent / 100.0) - 1)];
    }

    private String body(Random random, String run, long count) {
        StringBuilder body = new StringBuilder(1_000 * plan.batch());
        for (int i = 0; i < plan.batch(); i++) {
            envelope(random, run + (count + i), body);
            body.append('\n');
        }
        return body.toString();
    }

    /** A chat completion as a gateway would send it on, some 900 bytes. */
    private static void envelope(Random random, String id, StringBuilder out) {
        int cached = random.nextInt(2_000);
        int prompt = cached + 1 + random.nextInt(8_000);
        int reasoning = random.nextInt(300);
        int completion = reasoning + 1 + random.nextInt(900);
        out.append("{\"source\":\"openai.chat\",\"tenant\":\"acme\",\"project\":\"project-")
                .append(random.nextInt(20))
                .append("\",\"user\":\"u-")
                .append(random.nextInt(5_000))
                .append("\",\"environment\":\"prod\",\"feature\":\"search\",\"tags\":{\"team\":\"ml-")
                .append(random.nextInt(8))
                .append("\"},\"context\":{\"attempt\":1,\"latency_ms\":")
                .append(200 + random.nextInt(4_000))
                .append("},\"payload\":{\"id\":\"chatcmpl-")
                .append(id)
                .append("\",\"object\":\"chat.completion\",\"created\":")
                .append(Instant.now().getEpochSecond())
                .append(
                        ",\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",")
                .append(
                        "\"content\":\"The budget of this month is spent to two thirds; at this pace it lasts until the")
                .append(
                        " twenty-fourth.\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],")
                .append("\"usage\":{\"prompt_tokens\":")
                .append(prompt)
                .append(",\"completion_tokens\":")
                .append(completion)
                .append(",\"total_tokens\":")
                .append(prompt + completion)
                .append(",\"prompt_tokens_details\":{\"cached_tokens\":")
                .append(cached)
                .append(",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":")
                .append(reasoning)
                .append(",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},")
                .append("\"service_tier\":\"default\",\"system_fingerprint\":\"fp_")
                .append(Integer.toHexString(random.nextInt()))
                .append("\"}}");
    }
}
