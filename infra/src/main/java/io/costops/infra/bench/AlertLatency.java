package io.costops.infra.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.infra.books.BookTopic;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.Component;
import io.costops.infra.platform.Platform;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.topics.Topics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * How long it takes from the first event of a retry loop until its message reaches Slack, in a running platform.
 *
 * <p>Tenants are given some days of history, then usual traffic comes in real time, and one tenant after the other begins to loop,
 * at all seconds of the minute. Slack is a server on this machine.
 */
public final class AlertLatency {
    private static final String TENANT = "looping-";
    private static final Pattern TENANT_OF_MESSAGE = Pattern.compile("tenant looping-(\\d+)");
    private static final Duration HISTORY = Duration.ofDays(4);
    private static final Duration BETWEEN_USUAL_CALLS = Duration.ofMinutes(5);
    private static final Duration TICK = Duration.ofMillis(100);
    /** Others' traffic, which never pauses: by it the platform knows that a minute is over. */
    private static final int TICKS_PER_OTHER_CALL = 2;
    /** From the newest history to the present, so that what is measured is no backlog. */
    private static final Duration SETTLING = Duration.ofSeconds(60);

    private static final Duration LOOP = Duration.ofSeconds(100);
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What to do.
     *
     * @param incidents tenants that loop, each once
     * @param apart time from one loop's begin to the next one's
     */
    public record Plan(int incidents, Duration apart) {}

    /**
     * What came of it.
     *
     * @param told seconds from the event time of each loop's first event to the request at Slack, ascending; loops that
     *     nobody was told of are missing
     * @param messages requests at Slack about the loops
     * @param calls published in real time
     * @param notifierBack how long a killed notifier took to do its work again
     */
    public record Outcome(int incidents, List<Double> told, int messages, long calls, Duration notifierBack) {
        /** NaN if nobody was told of anything. */
        public double quantile(double share) {
            return told.isEmpty() ? Double.NaN : told.get((int) Math.ceil(share * told.size()) - 1);
        }
    }

    private final Plan plan;
    private final Clock clock;
    private final Consumer<String> say;
    private final Map<Integer, Instant> firstMessage = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Integer> messages = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private long calls;

    private AlertLatency(Plan plan, Clock clock, Consumer<String> say) {
        this.plan = plan;
        this.clock = clock;
        this.say = say;
    }

    /** Starts a platform in an empty directory, measures, and stops it. */
    public static Outcome run(Plan plan, Path directory, Clock clock, Consumer<String> say) {
        return new AlertLatency(plan, clock, say).run(directory);
    }

    private Outcome run(Path directory) {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        HttpServer slack = slack(threads);
        try (Platform platform = Platform.builder(directory)
                .routes(routes(directory.resolve("notify"), slack))
                .beforeJobs(AlertLatency::fillPrices)
                .start()) {
            try (KafkaProducer<String, String> producer =
                    producer(platform.addresses().requireKafka())) {
                ClickHouseHttp clickHouse =
                        platform.addresses().requireClickHouse().connect();
                publishHistory(producer, clickHouse);
                List<Instant> begins = loop(producer);
                List<Double> told = new ArrayList<>();
                for (int i = 0; i < begins.size(); i++) {
                    Instant heard = firstMessage.get(i);
                    if (heard != null) {
                        told.add(Duration.between(begins.get(i), heard).toMillis() / 1e3);
                    }
                }
                told.sort(null);
                return new Outcome(plan.incidents(), told, messages.size(), calls, killNotifier(platform));
            }
        } finally {
            slack.stop(0);
            threads.shutdownNow();
        }
    }

    private HttpServer slack(ExecutorService threads) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(threads);
            server.createContext("/", exchange -> {
                try (exchange) {
                    Instant heard = clock.instant();
                    JsonNode message = JSON.readTree(exchange.getRequestBody().readAllBytes());
                    Matcher tenant =
                            TENANT_OF_MESSAGE.matcher(message.path("text").asText());
                    if (tenant.find()) {
                        int number = Integer.parseInt(tenant.group(1));
                        firstMessage.putIfAbsent(number, heard);
                        messages.add(number);
                    }
                    exchange.sendResponseHeaders(200, -1);
                }
            });
            server.start();
            return server;
        } catch (IOException e) {
            throw new BenchException("no server can listen on this machine: " + e.getMessage(), e);
        }
    }

    /** A webhook's address is a secret, so it stands in a file of its own. */
    private static Path routes(Path folder, HttpServer slack) {
        try {
            Files.createDirectories(folder);
            Path url = Files.writeString(
                    folder.resolve("slack-url"),
                    "http://127.0.0.1:" + slack.getAddress().getPort() + "/");
            ObjectNode file = JSON.createObjectNode();
            file.putObject("receivers")
                    .putObject("slack")
                    .put("kind", "slack")
                    .putObject("url")
                    .put("file", url.toAbsolutePath().toString());
            ObjectNode route = file.putArray("routes").addObject().put("name", "all");
            route.putArray("receivers").add("slack");
            return Files.writeString(folder.resolve("notify.json"), file.toString());
        } catch (IOException e) {
            throw new BenchException("can't write into " + folder + ": " + e.getMessage(), e);
        }
    }

    private static void fillPrices(PlatformAddresses addresses) {
        BookTopic.prices(
                        addresses.requireKafka(),
                        new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry())))
                .append(Stream.concat(
                                BuiltInPrices.history().revisions().stream(), BuiltInPrices.map().revisions().stream())
                        .toList());
    }

    private static KafkaProducer<String, String> producer(String bootstrap) {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.LINGER_MS_CONFIG,
                        5),
                new StringSerializer(),
                new StringSerializer());
    }

    private void publishHistory(KafkaProducer<String, String> producer, ClickHouseHttp clickHouse) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MINUTES);
        long count = 0;
        for (Instant at = now.minus(HISTORY); at.isBefore(now); at = at.plus(BETWEEN_USUAL_CALLS)) {
            for (int tenant = 0; tenant < plan.incidents(); tenant++) {
                publish(producer, "history-" + count++, TENANT + tenant, "chat", at, 1, true);
                publish(producer, "history-" + count++, TENANT + tenant, "agent", at.plusSeconds(61), 1, true);
            }
        }
        producer.flush();
        requirePublished();
        long published = count;
        say.accept(String.format(
                Locale.ROOT, "published %,d calls of %d days; waiting for the ledger", count, HISTORY.toDays()));
        Instant deadline = clock.instant().plus(PATIENCE);
        await(() -> ledgerRows(clickHouse) >= published || clock.instant().isAfter(deadline));
        if (ledgerRows(clickHouse) < published) {
            throw new BenchException(
                    "after " + PATIENCE.toMinutes() + " minutes the history isn't in the ledger; see the logs");
        }
        calls = 0;
    }

    private static long ledgerRows(ClickHouseHttp clickHouse) {
        try {
            return Long.parseLong(clickHouse
                    .query("SELECT count() FROM costops.ledger FORMAT TSV", Duration.ofSeconds(30))
                    .strip());
        } catch (PlatformException starting) {
            return 0;
        }
    }

    /** Usual traffic in real time, and the loops; returns when each of them began, as its first event says. */
    private List<Instant> loop(KafkaProducer<String, String> producer) {
        Instant begin = clock.instant();
        Instant first = begin.plus(SETTLING);
        Instant last = first.plus(plan.apart().multipliedBy(plan.incidents() - 1L));
        List<Instant> begins = new ArrayList<>();
        say.accept(String.format(
                Locale.ROOT,
                "usual traffic for %d s, then %d loops within %d s",
                SETTLING.toSeconds(),
                plan.incidents(),
                Duration.between(first, last).toSeconds()));
        for (long tick = 0; ; tick++) {
            Instant due = begin.plus(TICK.multipliedBy(tick));
            await(() -> !clock.instant().isBefore(due));
            Instant now = clock.instant();
            boolean over = begins.size() == plan.incidents()
                    && (firstMessage.size() == plan.incidents() || now.isAfter(last.plus(PATIENCE)));
            if (over && now.isAfter(last.plus(LOOP))) {
                break;
            }
            if (tick % TICKS_PER_OTHER_CALL == 0) {
                publish(producer, "others-" + tick, "others", "other", now, 1, false);
            }
            if (begins.size() < plan.incidents()
                    && !now.isBefore(first.plus(plan.apart().multipliedBy(begins.size())))) {
                begins.add(now.truncatedTo(ChronoUnit.SECONDS));
            }
            for (int tenant = 0; tenant < begins.size(); tenant++) {
                if (now.isBefore(begins.get(tenant).plus(LOOP))) {
                    publish(
                            producer,
                            "loop-" + tenant + "-" + tick,
                            TENANT + tenant,
                            "agent",
                            now,
                            2 + (int) (tick % 5),
                            false);
                }
            }
        }
        producer.flush();
        requirePublished();
        return begins;
    }

    private void requirePublished() {
        Exception problem = failure.get();
        if (problem != null) {
            throw new BenchException("Kafka did not take all of the traffic: " + problem.getMessage(), problem);
        }
    }

    /** A call of some 17 cents. Its event time is in whole seconds, as providers tell it. */
    private void publish(
            KafkaProducer<String, String> producer,
            String id,
            String tenant,
            String project,
            Instant at,
            int attempt,
            boolean received) {
        String envelope = """
                {"source": "openai.chat", "tenant": "%s", "project": "%s", "api_key_id": "key-%s",%s
                 "context": {"attempt": %d},
                 "payload": {"id": "%s", "created": %d, "model": "gpt-5.4-mini", "choices": [],
                   "usage": {"prompt_tokens": 200000, "completion_tokens": 4000}}}
                """.formatted(
                        tenant,
                        project,
                        project,
                        received ? " \"received_at\": \"" + at + "\"," : "",
                        attempt,
                        id,
                        at.getEpochSecond());
        calls++;
        var unused = producer.send(
                new ProducerRecord<>(Topics.USAGE_RAW.name(), received ? "history" : id, envelope),
                (metadata, problem) -> {
                    if (problem != null) {
                        failure.compareAndSet(null, problem);
                    }
                });
    }

    private Duration killNotifier(Platform platform) {
        Component notifier = platform.component("notifier");
        OptionalLong before = notifier.pid();
        long begin = System.nanoTime();
        notifier.kill();
        await(() ->
                (notifier.state() == Component.State.RUNNING && !notifier.pid().equals(before))
                        || System.nanoTime() - begin > PATIENCE.toNanos());
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private static void await(BooleanSupplier condition) {
        try {
            while (!condition.getAsBoolean()) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }
}
