package io.costops.ingest.budgets;

import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.StaleDecision;
import io.costops.schemas.budget.BudgetScope;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Decides about calls from memory.
 *
 * <p>A decision only reads: calls that are decided at the same time don't see each other, so a hard budget may be overshot by at
 * most what is spent between a call and its showing in the state, which is freshness x rate. A reservation is seen by every later
 * decision and reservation, one after another, so that reservations together never exceed the limit: what a budget is overshot by
 * is then at most what calls cost beyond their estimates. What was reserved is held until the call's own cost is in the budget's
 * state; where its usage doesn't name the reservation, until {@link #SETTLING} after the caller's release; and at the latest for its ttl.
 */
public final class BudgetDesk {
    /** A state that is older isn't trusted: the job tells each budget every 10 seconds. */
    public static final Duration STALE_AFTER = Duration.ofSeconds(30);

    public static final Duration LONGEST_TTL = Duration.ofHours(1);
    static final int MOST_RESERVATIONS = 1_000_000;

    /** From a call's end to its cost in the state: through ingest, pricing and the job, each with its commit. */
    private static final Duration SETTLING = Duration.ofSeconds(15);

    /** A state that was told so long after a release may be taken to hold the call's cost. */
    private static final Duration SHOWING = Duration.ofSeconds(5);

    private static final Duration AGAIN = Duration.ofSeconds(1);

    private final Clock clock;
    private final Map<String, Kept> budgets = new HashMap<>();
    /** Which budgets are for a tenant, "" for all. */
    private final Map<String, Map<String, Kept>> byTenant = new HashMap<>();

    private final Map<String, Reservation> reservations = new HashMap<>();
    /** Those whose usage was booked, but doesn't show in every budget's state yet. */
    private final Set<Reservation> booked = new HashSet<>();

    private final PriorityQueue<Reservation> endings =
            new PriorityQueue<>(java.util.Comparator.comparing(reservation -> reservation.endsAt));

    private boolean ready;

    public BudgetDesk(Clock clock) {
        this.clock = clock;
    }

    private static final class Kept {
        private BudgetState state;
        private BudgetScope scope;
        private BigDecimal reserved = BigDecimal.ZERO;

        Kept(BudgetState state) {
            this.state = state;
            this.scope = new BudgetScope(state.getBudget().getScope());
        }
    }

    private static final class Reservation {
        private final String id;
        private final Call call;
        private final List<Kept> held;
        private final Decision decision;
        private Instant endsAt;
        /** The latest end, whatever is told of it. */
        private final Instant lastEndsAt;

        /** When the caller, or the call's own usage, released it. */
        private Instant releasedAt = Instant.MAX;

        /** When its usage was booked; the states of the budgets get there by and by. */
        private Instant bookedAt = Instant.MAX;

        Reservation(String id, Call call, List<Kept> held, Decision decision, Instant endsAt) {
            this.id = id;
            this.call = call;
            this.held = new ArrayList<>(held);
            this.decision = decision;
            this.endsAt = endsAt;
            this.lastEndsAt = endsAt;
        }

        private boolean isReleased() {
            return releasedAt.isBefore(Instant.MAX);
        }

        /** Whether a budget may not have heard of the call's cost yet, since the job is silent. */
        private boolean awaitsStates(Instant now) {
            return isReleased()
                    && now.isBefore(lastEndsAt)
                    && held.stream().anyMatch(kept -> kept.state.getUpdatedAt().isBefore(releasedAt.plus(SHOWING)));
        }
    }

    /** Every budget that there is has been taken: from here on decisions can be made. */
    public synchronized void ready() {
        ready = true;
    }

    public synchronized boolean isReady() {
        return ready;
    }

    /** Takes a budget's newest state; one that is older than what is known, as when the topic is read again, is no news. */
    public synchronized void take(BudgetState state) {
        String id = state.getBudgetId();
        Kept kept = budgets.get(id);
        if (kept != null && state.getUpdatedAt().isBefore(kept.state.getUpdatedAt())) {
            return;
        }
        if (kept != null) {
            remove(id, kept);
        }
        if (state.getBudget().getDeleted()) {
            budgets.remove(id);
            return;
        }
        if (kept == null) {
            kept = new Kept(state);
            budgets.put(id, kept);
        } else {
            kept.state = state;
            kept.scope = new BudgetScope(state.getBudget().getScope());
        }
        byTenant.computeIfAbsent(tenantOf(state), unseen -> new HashMap<>()).put(id, kept);
        giveBackWhatShows(kept);
    }

    /** What was reserved for a call and what the call cost must not both count. */
    private void giveBackWhatShows(Kept kept) {
        Instant asOf = kept.state.getAsOf();
        for (Reservation reservation : booked) {
            if (!reservation.bookedAt.isAfter(asOf) && reservation.held.remove(kept)) {
                kept.reserved = kept.reserved.subtract(reservation.call.estimate());
            }
        }
    }

    private void remove(String id, Kept kept) {
        Map<String, Kept> of = byTenant.get(tenantOf(kept.state));
        if (of != null) {
            of.remove(id);
        }
    }

    private static String tenantOf(BudgetState state) {
        return state.getBudget().getScope().getOrDefault("tenant", "");
    }

    /**
     * A reservation's identity: two tenants may use the same id.
     *
     * @param tenant whose API key it was made with; empty without one
     */
    public static String owned(String tenant, String id) {
        return tenant + "/" + id;
    }

    /** Reads, and changes nothing. */
    public synchronized Decision decide(Call call) {
        Instant now = clock.instant();
        settle(now);
        return decide(call, covering(call), now);
    }

    /**
     * Reserves what a call may cost, if it may be made. The same id gives the same answer and reserves once.
     *
     * @throws IllegalStateException if too much is reserved already for one more to be remembered
     */
    public synchronized Decision reserve(String id, Call call, Duration ttl) {
        Instant now = clock.instant();
        settle(now);
        Reservation known = reservations.get(id);
        if (known != null) {
            return known.decision;
        }
        List<Kept> covering = covering(call);
        Decision decision = decide(call, covering, now);
        if (!decision.allow()) {
            return decision;
        }
        if (reservations.size() >= MOST_RESERVATIONS) {
            throw new IllegalStateException("more than " + MOST_RESERVATIONS + " reservations are held");
        }
        for (Kept kept : covering) {
            kept.reserved = kept.reserved.add(call.estimate());
        }
        Reservation reservation =
                new Reservation(id, call, covering, decision, now.plus(ttl).plus(SETTLING));
        reservations.put(id, reservation);
        endings.add(reservation);
        return decision;
    }

    /** The call was made, or won't be: what was reserved is given back when its cost shows. False for an id that isn't known. */
    public synchronized boolean release(String id) {
        Instant now = clock.instant();
        settle(now);
        Reservation reservation = reservations.get(id);
        if (reservation == null) {
            return false;
        }
        release(reservation, now);
        return true;
    }

    /**
     * The call's own usage is in the ledger: what was reserved for it is given back by each budget as soon as its state has got there.
     * False for an id that isn't known.
     *
     * @param bookedAt recorded time of the ledger's entry
     */
    public synchronized boolean booked(String id, Instant bookedAt) {
        Instant now = clock.instant();
        settle(now);
        Reservation reservation = reservations.get(id);
        if (reservation == null) {
            return false;
        }
        if (booked.add(reservation)) {
            reservation.bookedAt = bookedAt;
            List.copyOf(reservation.held).forEach(this::giveBackWhatShows);
        }
        // A budget that no longer covers the call never shows it.
        release(reservation, now);
        return true;
    }

    /** Nobody waits for a booked call while nothing is reserved. */
    public synchronized boolean holdsReservations() {
        return !reservations.isEmpty();
    }

    private void release(Reservation reservation, Instant now) {
        if (reservation.isReleased()) {
            return;
        }
        reservation.releasedAt = now;
        Instant settled = now.plus(SETTLING);
        if (settled.isBefore(reservation.endsAt)) {
            endings.remove(reservation);
            endsAt(reservation, settled);
        }
    }

    private void endsAt(Reservation reservation, Instant end) {
        reservation.endsAt = end.isAfter(reservation.lastEndsAt) ? reservation.lastEndsAt : end;
        endings.add(reservation);
    }

    /** Gives back what has ended. */
    private void settle(Instant now) {
        while (!endings.isEmpty() && !endings.peek().endsAt.isAfter(now)) {
            Reservation ended = endings.remove();
            if (ended.awaitsStates(now)) {
                endsAt(ended, now.plus(AGAIN));
                continue;
            }
            reservations.remove(ended.id);
            booked.remove(ended);
            for (Kept kept : ended.held) {
                kept.reserved = kept.reserved.subtract(ended.call.estimate());
            }
        }
    }

    private List<Kept> covering(Call call) {
        List<Kept> covering = new ArrayList<>();
        String tenant = call.dimensions().getOrDefault("tenant", "");
        collect(tenant, call, covering);
        if (!tenant.isEmpty()) {
            collect("", call, covering);
        }
        return covering;
    }

    private void collect(String tenant, Call call, List<Kept> covering) {
        for (Kept kept : byTenant.getOrDefault(tenant, Map.of()).values()) {
            if (kept.scope.covers(call.dimensions(), call.tags())) {
                covering.add(kept);
            }
        }
    }

    private static Decision decide(Call call, List<Kept> covering, Instant now) {
        Decision.Tightest tightest = null;
        Decision.Tightest refusing = null;
        String why = "";
        for (Kept kept : covering) {
            Decision.Tightest figures = figures(kept, now);
            Optional<String> refusal = refusal(kept.state.getBudget(), figures, call.estimate());
            if (refusal.isPresent() && (refusing == null || figures.left().compareTo(refusing.left()) < 0)) {
                refusing = figures;
                why = refusal.get();
            }
            if (tightest == null || figures.left().compareTo(tightest.left()) < 0) {
                tightest = figures;
            }
        }
        if (refusing != null) {
            return new Decision(false, why, Optional.of(refusing));
        }
        return new Decision(true, covering.isEmpty() ? "no_budget" : "within_budget", Optional.ofNullable(tightest));
    }

    private static Decision.Tightest figures(Kept kept, Instant now) {
        BudgetState state = kept.state;
        Budget budget = state.getBudget();
        // A period that has ended says nothing of the one that has begun.
        boolean over = !now.isBefore(state.getPeriodEnd());
        boolean single = budget.getPeriod() == BudgetPeriod.REQUEST;
        return new Decision.Tightest(
                budget.getBudgetId(),
                budget.getHard(),
                budget.getCurrency(),
                over || single ? BigDecimal.ZERO : state.getSpent(),
                single ? BigDecimal.ZERO : kept.reserved,
                budget.getLimit(),
                state.getPeriodEnd(),
                state.getAsOf(),
                state.getUpdatedAt().isBefore(now.minus(STALE_AFTER)));
    }

    private static Optional<String> refusal(Budget budget, Decision.Tightest figures, BigDecimal estimate) {
        if (!budget.getHard()) {
            return Optional.empty();
        }
        if (figures.stale()) {
            return budget.getWhenStale() == StaleDecision.FAIL_CLOSED ? Optional.of("stale") : Optional.empty();
        }
        boolean beyond = figures.left().compareTo(estimate) < 0;
        boolean used =
                budget.getPeriod() != BudgetPeriod.REQUEST && figures.left().signum() <= 0;
        return beyond || used ? Optional.of("limit_reached") : Optional.empty();
    }
}
