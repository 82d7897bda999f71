package io.costops.infra.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.UsageRequest;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Prices what stands in the ledger anew, a page of events at a time.
 *
 * <p>A round reads the ledger and asks for what differs from the prices of now; rounds follow until one finds nothing,
 * which also finds what was in flight while the price changed. It keeps nothing between rounds: killed and run again, it
 * finds what is left.
 */
public final class RepriceRun {
    private static final Duration BETWEEN_ROUNDS = Duration.ofSeconds(2);

    private final LedgerReader ledger;
    private final Scope scope;

    /**
     * What is looked at.
     *
     * @param from first moment of usage, inclusive
     * @param to last moment of usage, exclusive
     */
    public record Scope(
            Instant from,
            Instant to,
            @Nullable String tenant,
            @Nullable String model) {
        public Scope {
            if (!from.isBefore(to)) {
                throw new IllegalArgumentException("--from " + from + " must be before --to " + to);
            }
        }

        String condition() {
            return "event_time >= " + SqlText.of(from) + " AND event_time < " + SqlText.of(to)
                    + (tenant == null ? "" : " AND tenant = " + SqlText.of(tenant))
                    + (model == null ? "" : " AND model = " + SqlText.of(model));
        }
    }

    /** What changes are added up by. */
    public record Group(String tenant, String model, String currency) {}

    /**
     * What changes in a group.
     *
     * @param unpricedBefore events among them without a price
     * @param unpricedAfter events among them that would have none
     */
    public record Effect(long events, long unpricedBefore, long unpricedAfter, BigDecimal before, BigDecimal after) {
        static final Effect NONE = new Effect(0, 0, 0, BigDecimal.ZERO, BigDecimal.ZERO);

        Effect and(Effect other) {
            return new Effect(
                    events + other.events,
                    unpricedBefore + other.unpricedBefore,
                    unpricedAfter + other.unpricedAfter,
                    before.add(other.before),
                    after.add(other.after));
        }

        public BigDecimal difference() {
            return after.subtract(before);
        }
    }

    /**
     * What a round found.
     *
     * @param events how many events stand in the scope
     * @param changes by tenant, model and billing currency
     * @param chargedTwice how many events were left alone, since they are charged more than once
     */
    public record Survey(long events, Map<Group, Effect> changes, long chargedTwice) {
        public long changed() {
            return changes.values().stream().mapToLong(Effect::events).sum();
        }
    }

    public RepriceRun(LedgerReader ledger, Scope scope) {
        this.ledger = ledger;
        this.scope = scope;
    }

    /**
     * Goes through the scope once.
     *
     * @param page takes the changes of each page
     * @param progress is told how many events were looked at
     */
    public Survey round(Repricer repricer, Consumer<List<Repricer.Change>> page, LongConsumer progress) {
        Map<Group, Effect> changes = new TreeMap<>(
                Comparator.comparing(Group::tenant).thenComparing(Group::model).thenComparing(Group::currency));
        long events = 0;
        long chargedTwice = 0;
        Optional<JsonNode> last = Optional.empty();
        while (true) {
            List<JsonNode> keys = ledger.rows(keys(last));
            Set<String> places = new HashSet<>();
            keys.forEach(key -> places.add(LedgerReader.text(key, "tenant") + "\n" + LedgerReader.whole(key, "micros")
                    + "\n" + LedgerReader.text(key, "event_id")));
            List<String> eventIds = keys.stream()
                    .map(key -> LedgerReader.text(key, "event_id"))
                    .distinct()
                    .toList();
            Repricer.Found found = repricer.changes(ledger.entries(eventIds).values());
            chargedTwice += found.chargedTwice().size();
            List<Repricer.Change> changed = found.changes().stream()
                    // An event that a correction moved is met at each of its places; it counts where it stands.
                    .filter(change -> places.contains(place(change.standing())) && inScope(change.standing()))
                    .toList();
            changed.forEach(change -> add(changes, change));
            if (!changed.isEmpty()) {
                page.accept(changed);
            }
            events += eventIds.size();
            progress.accept(events);
            if (keys.size() < LedgerReader.PAGE) {
                return new Survey(events, changes, chargedTwice);
            }
            last = Optional.of(keys.get(keys.size() - 1));
        }
    }

    /**
     * Asks for every change, round after round until none is left.
     *
     * @param prices the prices of the moment of each round
     * @return how many changes were asked for
     * @throws PlatformException if changes remain after the time given; asking again goes on from there
     */
    public long apply(
            Supplier<CurrentPrices> prices,
            EventRequests asks,
            Consumer<List<UsageRequest>> requests,
            LedgerTail tail,
            Duration atMost,
            LongConsumer progress) {
        long giveUpAt = System.nanoTime() + atMost.toNanos();
        long asked = 0;
        // From a ledger that is days behind nothing may be asked that the job has booked and forgotten since.
        tail.await(atMost);
        while (true) {
            Survey survey =
                    round(new Repricer(prices.get()), changes -> requests.accept(asked(asks, changes)), progress);
            if (survey.changed() == 0) {
                return asked;
            }
            asked = Math.max(asked, survey.changed());
            if (System.nanoTime() > giveUpAt) {
                throw new PlatformException(survey.changed() + " events are not at their new price after "
                        + atMost.toSeconds() + " s: does the job enrichment run? Run the command again to go on");
            }
            Pause.of(BETWEEN_ROUNDS);
            tail.await(atMost);
        }
    }

    private static List<UsageRequest> asked(EventRequests asks, List<Repricer.Change> changes) {
        List<UsageRequest> requests = new ArrayList<>(changes.size());
        changes.forEach(change ->
                requests.add(asks.reprice(change.position(), change.target(), "priced anew after a price changed")));
        return requests;
    }

    private String keys(Optional<JsonNode> after) {
        return "SELECT tenant, toUnixTimestamp64Micro(event_time) AS micros, event_id FROM " + ledger.table("ledger")
                + " WHERE kind IN ('usage', 'correction') AND " + scope.condition()
                + after.map(key ->
                                " AND (tenant, event_time, event_id) > (" + SqlText.of(LedgerReader.text(key, "tenant"))
                                        + ", fromUnixTimestamp64Micro(toInt64(" + LedgerReader.whole(key, "micros")
                                        + "), 'UTC'), "
                                        + SqlText.of(LedgerReader.text(key, "event_id")) + ")")
                        .orElse("")
                + " ORDER BY tenant, event_time, event_id LIMIT " + LedgerReader.PAGE;
    }

    private static String place(LedgerEntry standing) {
        return named(standing.getDimensions().getTenant()) + "\n"
                + ChronoUnit.MICROS.between(Instant.EPOCH, standing.getEventTime()) + "\n" + standing.getEventId();
    }

    /** A correction may have moved the event out of what was asked for. */
    private boolean inScope(LedgerEntry standing) {
        return !standing.getEventTime().isBefore(scope.from())
                && standing.getEventTime().isBefore(scope.to())
                && (scope.tenant() == null
                        || scope.tenant().equals(standing.getDimensions().getTenant()))
                && (scope.model() == null || scope.model().equals(standing.getModel()));
    }

    private static void add(Map<Group, Effect> changes, Repricer.Change change) {
        LedgerEntry standing = change.standing();
        LedgerEntry target = change.target();
        long unpricedBefore = standing.getStatus() == EntryStatus.UNPRICED ? 1 : 0;
        long unpricedAfter = target.getStatus() == EntryStatus.UNPRICED ? 1 : 0;
        if (unpricedBefore == 0
                && unpricedAfter == 0
                && !standing.getBillingCurrency().equals(target.getBillingCurrency())) {
            merge(changes, standing, new Effect(1, 0, 0, known(standing.getBilledCost()), BigDecimal.ZERO));
            merge(changes, target, new Effect(0, 0, 0, BigDecimal.ZERO, known(target.getBilledCost())));
            return;
        }
        merge(
                changes,
                unpricedAfter == 1 ? standing : target,
                new Effect(
                        1,
                        unpricedBefore,
                        unpricedAfter,
                        known(standing.getBilledCost()),
                        known(target.getBilledCost())));
    }

    private static void merge(Map<Group, Effect> changes, LedgerEntry entry, Effect effect) {
        Group group = new Group(
                named(entry.getDimensions().getTenant()), named(entry.getModel()), entry.getBillingCurrency());
        changes.merge(group, effect, Effect::and);
    }

    private static String named(@Nullable String name) {
        return name == null ? "" : name;
    }

    private static BigDecimal known(@Nullable BigDecimal cost) {
        return cost == null ? BigDecimal.ZERO : cost;
    }
}
