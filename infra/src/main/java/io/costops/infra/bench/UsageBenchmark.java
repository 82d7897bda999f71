package io.costops.infra.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricer;
import io.costops.infra.platform.Build;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/**
 * From the bytes of an envelope to its exact cost, with the very classes that the jobs use. Each case of a file comes in
 * turn, so that a figure is that of the whole mix and no branch is learnt by heart.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@SuppressWarnings("NullAway.Init") // by load
public class UsageBenchmark {
    private static final Instant RECEIVED = Instant.parse("2026-11-01T00:00:00Z");

    private final JsonFactory json = new JsonFactory();
    private final Normaliser normaliser = new Normaliser();
    private final Pricer pricer = new Pricer();
    private final PriceBook book = new PriceBook();

    /** File of NDJSON cases {@code {id, source_kind, context, raw}}. */
    @Param("")
    public String cases;

    /** Only cases of this source kind; empty for all of them. */
    @Param("")
    public String kind;

    private byte[][] records;
    private UsageEvent[] events;
    private int nextRecord;
    private int nextEvent;
    private long offset;

    @Setup
    public void load() throws IOException {
        Build.allowAvroRecords();
        BuiltInPrices.history().revisions().forEach(book::add);
        BuiltInPrices.map().revisions().forEach(book::add);
        records = envelopes(Path.of(cases), kind).toArray(byte[][]::new);
        List<UsageEvent> usage = new ArrayList<>();
        for (byte[] envelope : records) {
            for (Outcome outcome : normalised(envelope)) {
                if (outcome instanceof Outcome.Usage one) {
                    usage.add(one.event());
                }
            }
        }
        events = usage.toArray(UsageEvent[]::new);
        if (events.length == 0) {
            throw new BenchException("no case of " + cases + " gives usage" + (kind.isEmpty() ? "" : " of " + kind));
        }
    }

    /** The cases as a gateway would publish them. */
    static List<byte[]> envelopes(Path cases, String kind) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        List<byte[]> envelopes = new ArrayList<>();
        for (String line : Files.readAllLines(cases)) {
            JsonNode example = mapper.readTree(line);
            if (!kind.isEmpty() && !example.path("source_kind").asText().equals(kind)) {
                continue;
            }
            ObjectNode envelope = mapper.createObjectNode();
            envelope.set("source", example.path("source_kind"));
            envelope.put("tenant", "acme");
            envelope.put("project", "chatbot");
            envelope.put("environment", "prod");
            envelope.set("context", example.path("context"));
            // As it stands in the file: a number is a literal, not what a double makes of it.
            envelope.putRawValue("payload", new RawValue(payload(line)));
            envelopes.add(mapper.writeValueAsString(envelope).getBytes(StandardCharsets.UTF_8));
        }
        return envelopes;
    }

    private static String payload(String line) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(line)) {
            parser.nextToken();
            while (parser.nextToken() != null) {
                if ("raw".equals(parser.currentName()) && parser.nextToken() != null) {
                    int from = (int) parser.currentTokenLocation().getCharOffset();
                    parser.skipChildren();
                    return line.substring(from, (int) parser.currentLocation().getCharOffset());
                }
                parser.nextToken();
                parser.skipChildren();
            }
        }
        throw new BenchException("a case has no raw payload: " + line);
    }

    /**
     * The processor's time that the events took. A machine that is shared gives a thread less than a core, and what is
     * asked for is what a whole one does.
     */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Cpu {
        public long cpuNanos;
        public long counted;
        private long beginNanos;

        @Setup(Level.Iteration)
        public void begin() {
            counted = 0;
            beginNanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        }

        @TearDown(Level.Iteration)
        public void end() {
            cpuNanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - beginNanos;
        }
    }

    /** The floor: the bytes are read as JSON tokens, and nothing is made of them. */
    @Benchmark
    public int readTokens(Cpu cpu) throws IOException {
        cpu.counted++;
        int tokens = 0;
        try (JsonParser parser = json.createParser(record())) {
            while (parser.nextToken() != null) {
                tokens++;
            }
        }
        return tokens;
    }

    @Benchmark
    public List<Outcome> parse(Cpu cpu) {
        cpu.counted++;
        return normalised(record());
    }

    @Benchmark
    public Object price(Cpu cpu) {
        cpu.counted++;
        UsageEvent event = events[nextEvent];
        nextEvent = nextEvent + 1 == events.length ? 0 : nextEvent + 1;
        return pricer.price(event, book);
    }

    @Benchmark
    public void parseAndPrice(Cpu cpu, Blackhole sink) {
        cpu.counted++;
        for (Outcome outcome : normalised(record())) {
            sink.consume(outcome instanceof Outcome.Usage usage ? pricer.price(usage.event(), book) : outcome);
        }
    }

    private byte[] record() {
        byte[] envelope = records[nextRecord];
        nextRecord = nextRecord + 1 == records.length ? 0 : nextRecord + 1;
        return envelope;
    }

    private List<Outcome> normalised(byte[] envelope) {
        return normaliser.normalise(envelope, new Origin("usage.raw", 0, offset++, null), RECEIVED, Map.of());
    }
}
