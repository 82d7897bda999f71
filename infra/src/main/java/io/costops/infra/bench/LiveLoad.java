package io.costops.infra.bench;

import io.costops.infra.demo.DemoTraffic;
import io.costops.infra.demo.Incident;
import io.costops.infra.demo.RawRecord;
import io.costops.infra.demo.TrafficPlan;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.Origin;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * Usage of this moment without an end: the calls of the demo's companies, each with an id of its own and the present time.
 */
final class LiveLoad implements Iterator<RawRecord> {
    private static final int SAMPLES = 2_000;
    private static final char ID = '\u0001';
    private static final char NOW = '\u0002';
    private static final char NOW_SECONDS = '\u0003';
    private static final Pattern ENVELOPE_TIMES = Pattern.compile("\"(?:received_at|event_time)\":\"[^\"]*\",");
    private static final Pattern PAYLOAD_TIMES = Pattern.compile("\"(created|startTime|endTime)\":[0-9.]+");

    private final List<String> samples = new ArrayList<>(SAMPLES);
    private final Random random;
    private final Clock clock;
    private final String run;
    private long count;

    /** @param run makes the ids differ from those of other runs */
    LiveLoad(long seed, Clock clock, String run) {
        this.random = new Random(seed);
        this.clock = clock;
        this.run = run;
        Instant now = clock.instant();
        DemoTraffic traffic = new DemoTraffic(new TrafficPlan(seed, now, 1, 2 * SAMPLES, Incident.NONE));
        Normaliser normaliser = new Normaliser();
        while (traffic.hasNext() && samples.size() < SAMPLES) {
            RawRecord record = traffic.next();
            if (isOneCall(record, normaliser, now)) {
                String timeless = ENVELOPE_TIMES.matcher(record.value()).replaceAll("");
                String moved = PAYLOAD_TIMES.matcher(timeless).replaceAll("\"$1\":" + NOW_SECONDS);
                samples.add("{\"event_time\":\"" + NOW + "\","
                        + moved.substring(1).replace(record.key(), String.valueOf(ID)));
            }
        }
    }

    /** Not malformed, not a correction, not a failure without a response's id. */
    private static boolean isOneCall(RawRecord record, Normaliser normaliser, Instant now) {
        if (!record.value().contains(record.key()) || record.value().contains("\"revision\"")) {
            return false;
        }
        List<Outcome> outcomes = normaliser.normalise(
                record.value().getBytes(StandardCharsets.UTF_8), new Origin("usage.raw", 0, 0L, null), now, Map.of());
        return outcomes.size() == 1
                && outcomes.get(0) instanceof Outcome.Usage usage
                && usage.event().getEventId().endsWith(record.key());
    }

    @Override
    public boolean hasNext() {
        return true;
    }

    @Override
    public RawRecord next() {
        String id = "load-" + run + "-" + count++;
        Instant now = clock.instant();
        return new RawRecord(id, filled(samples.get(random.nextInt(samples.size())), id, now), now);
    }

    /** In one pass: thousands a second are made on the machine that is measured. */
    private static String filled(String sample, String id, Instant now) {
        StringBuilder value = new StringBuilder(sample.length() + 4 * id.length());
        int copied = 0;
        for (int at = 0; at < sample.length(); at++) {
            char mark = sample.charAt(at);
            if (mark > NOW_SECONDS) {
                continue;
            }
            value.append(sample, copied, at);
            copied = at + 1;
            switch (mark) {
                case ID -> value.append(id);
                case NOW -> value.append(now);
                case NOW_SECONDS -> value.append(now.getEpochSecond());
                default -> value.append(mark);
            }
        }
        return value.append(sample, copied, sample.length()).toString();
    }
}
