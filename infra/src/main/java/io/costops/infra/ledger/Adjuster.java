package io.costops.infra.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import io.costops.enrichment.position.LedgerPosition;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageRequest;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.topics.Topics;
import io.costops.schemas.wire.AvroCodec;
import io.costops.schemas.wire.Decoded;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds in the ledger what waits for somebody to ask for it, and asks.
 *
 * <ul>
 *   <li>Usage without a price, or with a part without one, whose price has come.
 *   <li>Usage that was in flight when a price changed: recorded after the price came, and priced by the one before.
 *   <li>Records that came when what they change was no longer held by the job.
 * </ul>
 *
 * <p>It keeps nothing that it couldn't do without: what was applied is told by the ledger, and a request that is asked twice is
 * applied once. A price that changes the past otherwise is nothing that waits: {@code costops reprice} shows it first.
 */
public final class Adjuster {
    private static final Logger LOG = LoggerFactory.getLogger(Adjuster.class);

    /** What was asked is not asked again for so long; by then the ledger shows it, or it was too early. */
    private static final Duration ASKED = Duration.ofSeconds(10);

    /** Each time it is asked again it waits for twice as long: what the job refuses it refuses every time. */
    private static final int MOST_DOUBLINGS = 9;

    /** When the ledger is looked through after a price came: at once, and when what was in flight then has arrived. */
    private static final List<Duration> LOOKS =
            List.of(Duration.ZERO, Duration.ofSeconds(3), Duration.ofSeconds(8), Duration.ofSeconds(30));

    /** What is recorded later than that after a price came, and the job has heard of it, was priced by it. */
    private static final Duration IN_FLIGHT = Duration.ofSeconds(20);

    /** Of prices that came longer ago the job has heard long since, unless it is seen not to have. */
    private static final Duration RECENTLY = Duration.ofHours(1);

    /** Without any new price: for what a crash kept from being asked. */
    private static final Duration ROUND = Duration.ofMinutes(5);

    /**
     * What is recorded longer before the last look was in the ledger by then. Where it wasn't, since the writer was behind,
     * the next round finds it.
     */
    private static final Duration ON_ITS_WAY = Duration.ofMinutes(15);

    private final LedgerReader ledger;
    private final Consumer<List<UsageRequest>> requests;
    private final AvroCodec<UsageEvent> events;
    private final Clock clock;
    private final EventRequests asks;
    private final Map<String, Asked> asked = new LinkedHashMap<>();
    private final List<Instant> looks = new ArrayList<>();
    private Instant changedAt = Instant.EPOCH;
    private Instant inFlightUntil = Instant.EPOCH;
    private boolean heard = true;
    private boolean waited;
    /** All late records were looked at that had come until then; at first, none. */
    private Instant lookedAt = Instant.EPOCH;

    private Instant nextRound = Instant.EPOCH;

    public Adjuster(LedgerReader ledger, Consumer<List<UsageRequest>> requests, SchemaRegistry registry, Clock clock) {
        this.ledger = ledger;
        this.requests = requests;
        this.events = new AvroCodec<>(UsageEvent.class, Topics.USAGE_EVENTS.subject(), registry);
        this.clock = clock;
        this.asks = new EventRequests(clock);
    }

    /**
     * Prices have come.
     *
     * @param came when the first of them came into the topic
     */
    public void pricesChanged(Instant came) {
        Instant now = clock.instant();
        // Of changes that follow each other closely the first begins what was in flight, and the last ends it.
        changedAt = now.isBefore(inFlightUntil) && changedAt.isBefore(came) ? changedAt : came;
        inFlightUntil = came.plus(IN_FLIGHT);
        heard = false;
        waited = false;
        looks.clear();
        LOOKS.forEach(after -> looks.add(now.plus(after)));
    }

    /**
     * Does what is due now.
     *
     * @param jobHasHeard whether the job has heard of all prices that came; asked only until it has
     */
    public void work(CurrentPrices prices, BooleanSupplier jobHasHeard) {
        Instant now = clock.instant();
        if (!heard) {
            heard = jobHasHeard.getAsBoolean();
            waited |= !heard;
            if (heard && (waited || changedAt.plus(RECENTLY).isAfter(now))) {
                // Until now it may have priced by what it knew before, however long ago the price came.
                inFlightUntil = now.plus(IN_FLIGHT);
                LOOKS.forEach(after -> looks.add(now.plus(after)));
            }
        }
        asked.values().removeIf(each -> each.isForgotten(now));
        boolean due = looks.removeIf(at -> !at.isAfter(now));
        if (looks.isEmpty()) {
            looks.add(now.plus(ROUND));
        }
        if (due) {
            Repricer repricer = new Repricer(prices);
            int priced = priceUnpriced(repricer) + priceInFlight(repricer);
            if (priced > 0) {
                LOG.info("asked for {} events to be priced anew", priced);
            }
        }
        int late = applyLate(now);
        if (late > 0) {
            LOG.info("asked for {} late records to be applied", late);
        }
    }

    private int priceUnpriced(Repricer repricer) {
        int changed = 0;
        String last = "";
        while (true) {
            List<String> page = ids("SELECT event_id FROM " + ledger.table("unpriced_usage") + " WHERE event_id > "
                    + SqlText.of(last) + " ORDER BY event_id LIMIT " + LedgerReader.PAGE);
            changed += ask(repricer, page, "its price has come");
            if (page.size() < LedgerReader.PAGE) {
                return changed;
            }
            last = page.get(page.size() - 1);
        }
    }

    private int priceInFlight(Repricer repricer) {
        if (!changedAt.isBefore(inFlightUntil)) {
            return 0;
        }
        int changed = 0;
        String last = "";
        while (true) {
            List<String> page = ids("SELECT DISTINCT event_id FROM " + ledger.table("ledger") + " WHERE recorded_at >= "
                    + SqlText.of(changedAt) + " AND recorded_at < " + SqlText.of(inFlightUntil)
                    + " AND kind IN ('usage', 'correction') AND status = 'priced' AND event_id > " + SqlText.of(last)
                    + " ORDER BY event_id LIMIT " + LedgerReader.PAGE);
            changed += ask(repricer, page, "it was in flight when its price changed");
            if (page.size() < LedgerReader.PAGE) {
                return changed;
            }
            last = page.get(page.size() - 1);
        }
    }

    private int ask(Repricer repricer, List<String> eventIds, String why) {
        List<UsageRequest> all = new ArrayList<>();
        for (Repricer.Change change :
                repricer.changes(ledger.entries(eventIds).values()).changes()) {
            all.add(asks.reprice(change.position(), change.target(), why));
        }
        return send(all);
    }

    /** The whole ledger is read once in each round; in between what was recorded lately, however much there is besides. */
    private int applyLate(Instant now) {
        boolean round = !nextRound.isAfter(now);
        String source = round
                ? ledger.table("pending_corrections")
                : ledger.table("late_records") + "(since = " + SqlText.literal(lookedAt.minus(ON_ITS_WAY)) + ")";
        int applied = 0;
        String after = "";
        while (true) {
            List<JsonNode> page = ledger.rows(
                    "SELECT entry_id, event_id, revision, recorded_at, src_topic, src_partition, src_offset, src_element,"
                            + " base64Encode(record) AS bytes FROM " + source + after
                            + " ORDER BY revision, recorded_at, entry_id LIMIT " + LedgerReader.PAGE);
            applied += applyLate(page, now);
            if (page.size() < LedgerReader.PAGE) {
                break;
            }
            JsonNode last = page.get(page.size() - 1);
            after = " WHERE (revision, recorded_at, entry_id) > (" + LedgerReader.whole(last, "revision") + ", "
                    + SqlText.of(Instant.parse(LedgerReader.text(last, "recorded_at"))) + ", "
                    + SqlText.of(LedgerReader.text(last, "entry_id")) + ")";
        }
        lookedAt = now;
        if (round) {
            nextRound = now.plus(ROUND);
        }
        return applied;
    }

    private int applyLate(List<JsonNode> page, Instant now) {
        Map<String, JsonNode> pending = new LinkedHashMap<>();
        Set<String> eventIds = new LinkedHashSet<>();
        for (JsonNode row : page) {
            String memo = LedgerReader.text(row, "entry_id");
            String eventId = LedgerReader.text(row, "event_id");
            // To look its event up costs more than to find it.
            if (isDue(identity(eventId, EventRequests.LATE + memo), now)) {
                pending.put(memo, row);
                eventIds.add(eventId);
            }
        }
        Map<String, List<LedgerEntry>> entries = ledger.entries(eventIds);
        List<UsageRequest> all = new ArrayList<>();
        pending.forEach((memo, row) -> {
            List<LedgerEntry> known =
                    Objects.requireNonNull(entries.get(LedgerReader.text(row, "event_id")), "a memo is an entry");
            if (deletesNothing(memo, known)) {
                asked(identity(LedgerReader.text(row, "event_id"), EventRequests.LATE + memo), now);
                return;
            }
            LedgerPosition position = LedgerPosition.of(known);
            if (events.decode(Base64.getDecoder().decode(LedgerReader.text(row, "bytes")))
                    instanceof Decoded.Value<UsageEvent> value) {
                UsageEvent event = value.record();
                if (event.getOrigin() == null) {
                    event.setOrigin(origin(row));
                }
                all.add(asks.correct(position, memo, event));
            } else {
                LOG.error("the record that memo {} keeps can't be read: its schema is not registered here", memo);
            }
        });
        return send(all);
    }

    /** A deletion of an event that the ledger doesn't know, or that doesn't stand any more. */
    private static boolean deletesNothing(String memo, List<LedgerEntry> known) {
        return known.stream()
                        .anyMatch(entry -> entry.getEntryId().equals(memo) && entry.getStatus() == EntryStatus.DELETED)
                && known.stream().mapToInt(LedgerEntry::getRequests).sum() <= 0;
    }

    private static Origin origin(JsonNode row) {
        String element = LedgerReader.text(row, "src_element");
        return new Origin(
                LedgerReader.text(row, "src_topic"),
                Math.toIntExact(LedgerReader.whole(row, "src_partition")),
                LedgerReader.whole(row, "src_offset"),
                element.isEmpty() ? null : element);
    }

    private int send(List<UsageRequest> all) {
        Instant now = clock.instant();
        List<UsageRequest> fresh =
                all.stream().filter(request -> isDue(identity(request), now)).toList();
        if (!fresh.isEmpty()) {
            requests.accept(fresh);
            fresh.forEach(request -> asked(identity(request), now));
        }
        return fresh.size();
    }

    private boolean isDue(String identity, Instant now) {
        Asked before = asked.get(identity);
        return before == null || before.isDue(now);
    }

    private void asked(String identity, Instant now) {
        asked.merge(identity, new Asked(now, 0), (before, first) -> new Asked(now, before.doublings() + 1));
    }

    private static String identity(UsageRequest request) {
        return identity(request.getEventId(), request.getRequestId());
    }

    private static String identity(String eventId, String requestId) {
        return eventId + " " + requestId;
    }

    /**
     * A request that was made.
     *
     * @param at when it was made last
     * @param doublings how often it was made again
     */
    private record Asked(Instant at, int doublings) {
        Duration pause() {
            return ASKED.multipliedBy(1L << Math.min(doublings, MOST_DOUBLINGS));
        }

        boolean isDue(Instant now) {
            return at.plus(pause()).isBefore(now);
        }

        /** Nobody has asked for it when it was due, in a round at the latest: it is done. */
        boolean isForgotten(Instant now) {
            return at.plus(pause().multipliedBy(2)).plus(ROUND).isBefore(now);
        }
    }

    private List<String> ids(String sql) {
        List<String> ids = new ArrayList<>();
        ledger.rows(sql, row -> ids.add(LedgerReader.text(row, "event_id")));
        return ids;
    }

    /** Whether a failure is one that passes: of a server that doesn't answer now. */
    static boolean passes(RuntimeException failure) {
        return failure instanceof PlatformException || failure instanceof KafkaException;
    }
}
