package io.costops.ingest.budgets;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.StaleDecision;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Decisions by budgets")
class BudgetDeskTest {
    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
    private static final Instant END = Instant.parse("2026-04-01T00:00:00Z");

    private final MovedClock clock = new MovedClock(Instant.parse("2026-03-10T12:00:00Z"));
    private final BudgetDesk desk = new BudgetDesk(clock);

    @Test
    void allow_what_no_budget_covers() {
        assertThat(desk.decide(call("acme", "1")))
                .isEqualTo(new Decision(true, "no_budget", java.util.Optional.empty()));
    }

    @Test
    void refuse_what_goes_beyond_a_hard_limit_and_name_the_budget() {
        desk.take(state("hard", "10", "9.5", true, StaleDecision.UNKNOWN));

        assertThat(desk.decide(call("acme", "0.5")).allow()).isTrue();
        Decision refused = desk.decide(call("acme", "0.500000000000000000000000000001"));
        assertThat(refused.allow()).isFalse();
        assertThat(refused.reason()).isEqualTo("limit_reached");
        assertThat(refused.tightest().orElseThrow().budget()).isEqualTo("hard");
        assertThat(desk.decide(call("borealis", "100")).allow()).isTrue();
    }

    @Test
    void only_tell_of_a_soft_limit() {
        desk.take(state("soft", "10", "50", false, StaleDecision.UNKNOWN));

        Decision decision = desk.decide(call("acme", "5"));
        assertThat(decision.allow()).isTrue();
        assertThat(decision.tightest().orElseThrow().spent()).isEqualByComparingTo("50");
    }

    @Test
    void refuse_everything_with_a_limit_of_zero_or_one_that_is_used_up() {
        desk.take(state("zero", "0", "0", true, StaleDecision.UNKNOWN));

        assertThat(desk.decide(call("acme", "0")).allow()).isFalse();
    }

    @Test
    void fail_open_or_closed_as_the_budget_says_when_its_state_is_stale() {
        desk.take(state("open", "10", "100", true, StaleDecision.FAIL_OPEN));
        clock.advance(BudgetDesk.STALE_AFTER.plusSeconds(1));
        Decision open = desk.decide(call("acme", "1"));
        assertThat(open.allow()).isTrue();
        assertThat(open.tightest().orElseThrow().stale()).isTrue();

        desk.take(state("closed", "10", "0", true, StaleDecision.FAIL_CLOSED));
        clock.advance(BudgetDesk.STALE_AFTER.plusSeconds(1));
        Decision closed = desk.decide(call("acme", "1"));
        assertThat(closed.allow()).isFalse();
        assertThat(closed.reason()).isEqualTo("stale");
    }

    @Test
    void begin_anew_when_the_period_has_ended() {
        desk.take(state("hard", "10", "10", true, StaleDecision.FAIL_OPEN));
        assertThat(desk.decide(call("acme", "1")).allow()).isFalse();

        clock.set(END);

        assertThat(desk.decide(call("acme", "1")).allow()).isTrue();
    }

    @Test
    void forget_a_budget_that_was_deleted() {
        desk.take(state("hard", "10", "10", true, StaleDecision.UNKNOWN));
        BudgetState deleted = state("hard", "10", "10", true, StaleDecision.UNKNOWN);
        deleted.getBudget().setDeleted(true);
        desk.take(deleted);

        assertThat(desk.decide(call("acme", "1")).allow()).isTrue();
    }

    @Test
    void reserve_once_for_an_id_and_give_back_after_the_end() {
        desk.take(state("hard", "10", "0", true, StaleDecision.UNKNOWN));

        assertThat(desk.reserve("r-1", call("acme", "6"), Duration.ofMinutes(1)).allow())
                .isTrue();
        assertThat(desk.reserve("r-1", call("acme", "6"), Duration.ofMinutes(1)).allow())
                .isTrue();
        assertThat(desk.reserve("r-2", call("acme", "6"), Duration.ofMinutes(1)).allow())
                .isFalse();
        assertThat(desk.decide(call("acme", "1")).tightest().orElseThrow().reserved())
                .isEqualByComparingTo("6");

        assertThat(desk.release("r-1")).isTrue();
        assertThat(desk.release("unknown")).isFalse();
        assertThat(desk.reserve("r-2", call("acme", "6"), Duration.ofMinutes(1)).allow())
                .as("held until its cost shows in the state")
                .isFalse();
        clock.advance(Duration.ofSeconds(16));
        desk.take(state("hard", "10", "0", true, StaleDecision.UNKNOWN));
        assertThat(desk.reserve("r-2", call("acme", "6"), Duration.ofMinutes(1)).allow())
                .isTrue();

        clock.advance(Duration.ofMinutes(2));
        assertThat(desk.decide(call("acme", "1")).tightest().orElseThrow().reserved())
                .as("given back after the ttl though nobody released it")
                .isEqualByComparingTo("0");
    }

    @Test
    void give_back_what_was_reserved_when_the_calls_own_cost_is_in_the_state() {
        desk.take(state("hard", "10", "0", true, StaleDecision.UNKNOWN));
        desk.reserve(BudgetDesk.owned("", "r-1"), call("acme", "6"), Duration.ofMinutes(10));
        desk.reserve(BudgetDesk.owned("acme", "r-2"), call("acme", "3"), Duration.ofMinutes(10));
        Instant bookedAt = clock.instant().plusMillis(500);

        clock.advance(Duration.ofSeconds(2));
        BudgetStateReader.release(desk, entry("r-1", bookedAt));
        BudgetStateReader.release(desk, entry("r-2", bookedAt));
        BudgetStateReader.release(desk, entry("never-made", bookedAt));
        assertThat(reserved()).as("no state shows it yet").isEqualByComparingTo("9");

        desk.take(state("hard", "10", "4.5", true, StaleDecision.UNKNOWN));
        assertThat(reserved()).as("now it is spent, and no longer reserved").isEqualByComparingTo("0");

        BudgetStateReader.release(desk, entry("r-1", bookedAt));
        clock.advance(Duration.ofMinutes(11));
        desk.take(state("hard", "10", "4.5", true, StaleDecision.UNKNOWN));
        assertThat(reserved()).as("given back once").isEqualByComparingTo("0");
    }

    @Test
    void give_back_after_a_while_what_a_booked_call_reserved_though_no_state_ever_shows_it() {
        desk.take(state("hard", "10", "0", true, StaleDecision.UNKNOWN));
        desk.reserve(BudgetDesk.owned("", "r-1"), call("acme", "6"), Duration.ofMinutes(10));

        BudgetStateReader.release(desk, entry("r-1", clock.instant().plusSeconds(60)));
        assertThat(reserved()).isEqualByComparingTo("6");
        clock.advance(Duration.ofSeconds(16));
        desk.take(state("hard", "10", "0", true, StaleDecision.UNKNOWN));

        assertThat(reserved()).isEqualByComparingTo("0");
    }

    /** Its cost shows nowhere yet: who comes next would spend the same money once more. */
    @Test
    void hold_what_a_call_reserved_while_the_job_tells_nothing_and_at_most_for_its_ttl() {
        desk.take(state("hard", "10", "0", true, StaleDecision.UNKNOWN));
        desk.reserve(BudgetDesk.owned("", "r-1"), call("acme", "6"), Duration.ofMinutes(1));
        desk.reserve(BudgetDesk.owned("", "r-2"), call("acme", "3"), Duration.ofMinutes(1));
        BudgetStateReader.release(desk, entry("r-1", clock.instant().plusSeconds(1)));
        desk.release(BudgetDesk.owned("", "r-2"));

        clock.advance(Duration.ofSeconds(29));
        assertThat(reserved()).isEqualByComparingTo("9");
        assertThat(desk.reserve("r-3", call("acme", "5"), Duration.ofMinutes(1)).allow())
                .isFalse();

        clock.advance(Duration.ofSeconds(46));
        assertThat(reserved()).isEqualByComparingTo("0");
    }

    @Test
    void name_of_several_budgets_that_refuse_the_one_that_has_least_left() {
        desk.take(state("a", "10", "12", true, StaleDecision.UNKNOWN));
        desk.take(state("b", "10", "30", true, StaleDecision.UNKNOWN));
        desk.take(state("c", "10", "15", true, StaleDecision.UNKNOWN));

        assertThat(desk.decide(call("acme", "1")).tightest().orElseThrow().budget())
                .isEqualTo("b");
    }

    private BigDecimal reserved() {
        return desk.decide(call("acme", "0.1")).tightest().orElseThrow().reserved();
    }

    private static LedgerEntry entry(String reservation, Instant recordedAt) {
        return LedgerEntry.newBuilder()
                .setEntryId("e")
                .setEventId("e")
                .setRevision(0)
                .setSequence(0)
                .setKind(EntryKind.USAGE)
                .setStatus(EntryStatus.PRICED)
                .setEventTime(recordedAt)
                .setBillingPeriod(LocalDate.of(2026, 3, 1))
                .setRecordedAt(recordedAt)
                .setReceivedAt(recordedAt)
                .setSourceKind("openai.chat")
                .setDimensions(Dimensions.newBuilder().setTenant("acme").build())
                .setTags(Map.of("reservation", reservation))
                .setRequests(1)
                .setInputTokens(1_000)
                .setOutputTokens(100)
                .setOrigin(new Origin("t", 0, 0L, null))
                .build();
    }

    @Test
    void never_reserve_more_than_is_left_however_many_ask_at_once() throws Exception {
        desk.take(state("hard", "100", "37.5", true, StaleDecision.UNKNOWN));
        int callers = 16;
        int each = 50;

        int allowed = allowedOf(
                callers,
                each,
                (caller, turn) -> desk.reserve(caller + "-" + turn, call("acme", "1"), Duration.ofMinutes(5))
                        .allow());

        assertThat(allowed)
                .as("of %d calls of 1 with 62.5 left", callers * each)
                .isEqualTo(62);
    }

    /** The stated largest overshoot of decisions without reservations: what is spent before it shows. */
    @Test
    void that_only_read_overshoot_by_what_is_spent_before_it_shows() throws Exception {
        desk.take(state("hard", "100", "0", true, StaleDecision.UNKNOWN));
        AtomicInteger spent = new AtomicInteger();
        int everyCalls = 10;
        int callers = 8;

        int allowed = allowedOf(callers, 100, (caller, turn) -> {
            boolean allow = desk.decide(call("acme", "1")).allow();
            if (allow) {
                // As the topic does: one state after another.
                synchronized (spent) {
                    int now = spent.incrementAndGet();
                    if (now % everyCalls == 0) {
                        desk.take(state("hard", "100", Integer.toString(now), true, StaleDecision.UNKNOWN));
                    }
                }
            }
            return allow;
        });

        // A state is at most so many calls old, and each caller may have one more under way.
        assertThat(allowed).isBetween(100, 100 + 2 * everyCalls + callers);
    }

    private interface Turn {
        boolean take(int caller, int turn);
    }

    private static int allowedOf(int callers, int each, Turn turn) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(callers);
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Integer>> results = new ArrayList<>();
        for (int caller = 0; caller < callers; caller++) {
            int number = caller;
            results.add(threads.submit(() -> {
                start.await();
                int allowed = 0;
                for (int i = 0; i < each; i++) {
                    allowed += turn.take(number, i) ? 1 : 0;
                }
                return allowed;
            }));
        }
        start.countDown();
        int sum = 0;
        for (Future<Integer> result : results) {
            sum += result.get();
        }
        threads.shutdown();
        return sum;
    }

    private static Call call(String tenant, String estimate) {
        return new Call(Map.of("tenant", tenant), Map.of(), new BigDecimal(estimate));
    }

    private BudgetState state(String id, String limit, String spent, boolean hard, StaleDecision whenStale) {
        Instant now = clock.instant();
        return BudgetState.newBuilder()
                .setBudgetId(id)
                .setBudget(Budget.newBuilder()
                        .setBudgetId(id)
                        .setPeriod(BudgetPeriod.MONTH)
                        .setScope(Map.of("tenant", "acme"))
                        .setLimit(decimal(limit))
                        .setHard(hard)
                        .setWhenStale(whenStale)
                        .setRecordedAt(START)
                        .build())
                .setPeriodStart(START)
                .setPeriodEnd(END)
                .setSpent(decimal(spent))
                .setAsOf(now)
                .setUpdatedAt(now)
                .build();
    }

    private static BigDecimal decimal(String text) {
        return LedgerDecimal.fit(new BigDecimal(text), "amount");
    }

    private static final class MovedClock extends Clock {
        private volatile Instant now;

        MovedClock(Instant now) {
            this.now = now;
        }

        void advance(Duration by) {
            now = now.plus(by);
        }

        void set(Instant to) {
            now = to;
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
