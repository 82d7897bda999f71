package io.costops.infra.demo;

import io.costops.infra.demo.Payloads.Form;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;

/**
 * A month of traffic in the order in which it arrives, made while it is read.
 *
 * <p>Most calls are one record. A small share has a story, as real traffic does: delivered twice, reported by the gateway
 * as well as directly, corrected later, taken back, late, without its usage at first. Memory holds one hour of calls and
 * what is still on its way, at most {@link #MAX_DELAY} behind.
 */
public final class DemoTraffic implements Iterator<RawRecord> {
    /** The longest that a record is on its way. */
    static final Duration MAX_DELAY = Duration.ofHours(36);

    static final Duration INCIDENT_LENGTH = Duration.ofHours(18);
    private static final double INCIDENT_FACTOR = 25;
    private static final int ATTEMPTS_AN_HOUR = 40;

    private static final double REJECTED = .003;
    private static final double CACHE_HITS_OF_GATEWAY = .06;
    private static final double DAY_TO_DAY_SPREAD = .08;
    private static final List<Mishap> MISHAPS = List.of(Mishap.values());

    private final TrafficPlan plan;
    private final double shares;
    private final Envelopes envelopes = new Envelopes();
    private final Tally tally = new Tally();
    private final PriorityQueue<Scheduled> onTheirWay =
            new PriorityQueue<>(Comparator.comparing((Scheduled scheduled) -> scheduled.record.arrival())
                    .thenComparing(scheduled -> scheduled.sequence));
    private Instant hour;
    private long sequence;

    public DemoTraffic(TrafficPlan plan) {
        this.plan = plan;
        this.shares =
                DemoCompanies.workloads().stream().mapToDouble(Workload::share).sum();
        this.hour = plan.start().truncatedTo(ChronoUnit.HOURS);
    }

    @Override
    public boolean hasNext() {
        // Nothing that a later hour brings can arrive before that hour.
        while (hour.isBefore(plan.end())
                && (onTheirWay.isEmpty()
                        || !onTheirWay.element().record.arrival().isBefore(hour))) {
            fill();
            hour = hour.plus(1, ChronoUnit.HOURS);
        }
        return !onTheirWay.isEmpty();
    }

    @Override
    public RawRecord next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the month is over");
        }
        return onTheirWay.remove().record;
    }

    /** What a platform must find, once every record was read. */
    public Expectation expectation() {
        if (hasNext()) {
            throw new IllegalStateException("the expectation is known at the month's end");
        }
        return tally.expectation();
    }

    private void fill() {
        int number = 0;
        for (Workload workload : DemoCompanies.workloads()) {
            Dice dice = dice(number, hour.getEpochSecond());
            double expected = callsAnHour(workload, number);
            int calls = dice.poisson(expected);
            for (int i = 0; i < calls; i++) {
                Call call = Callers.call(workload, hour, dice);
                if (happens(call)) {
                    tell(call, dice);
                }
                if (dice.chance(REJECTED)) {
                    goWrong(Callers.call(workload, hour, dice), dice);
                }
            }
            if (inIncident(workload)) {
                retryWithoutEnd(workload, dice.poisson(callsOnAverage(workload) * (INCIDENT_FACTOR - 1)), dice);
            }
            number++;
        }
    }

    private double callsOnAverage(Workload workload) {
        return plan.callsPerDay() / 24.0 * workload.share() / shares;
    }

    private double callsAnHour(Workload workload, int number) {
        double months = Duration.between(plan.middle(), hour).toHours() / (24.0 * 30);
        double growth = StrictMath.pow(1 + workload.monthlyGrowth(), months);
        double day = dice(number, hour.truncatedTo(ChronoUnit.DAYS).getEpochSecond(), 1)
                .logNormal(1, DAY_TO_DAY_SPREAD);
        return callsOnAverage(workload) * workload.rhythm().at(hour, workload.hoursFromUtc()) * growth * day;
    }

    /** The end is part of every seed, so that two demos on one platform never share an identifier. */
    private Dice dice(long... parts) {
        long[] all = new long[parts.length + 2];
        all[0] = plan.seed();
        all[1] = plan.end().getEpochSecond();
        System.arraycopy(parts, 0, all, 2, parts.length);
        return Dice.of(all);
    }

    private boolean happens(Call call) {
        return !call.start().isBefore(plan.start()) && call.answered().isBefore(plan.end());
    }

    private boolean inIncident(Workload workload) {
        return plan.incident() == Incident.RETRY_LOOP
                && workload.apiKeyId().equals(DemoCompanies.AGENT_KEY)
                && !hour.isBefore(plan.end().minus(INCIDENT_LENGTH));
    }

    private void retryWithoutEnd(Workload workload, int calls, Dice dice) {
        String session = "s-stuck" + dice.base62(5);
        for (int i = 0; i < calls; i++) {
            if (i % ATTEMPTS_AN_HOUR == 0) {
                session = "s-stuck" + dice.base62(5);
            }
            Call call = Callers.retry(workload, hour, session, 2 + i % ATTEMPTS_AN_HOUR, dice);
            if (happens(call)) {
                tally.event(call, Standing.PRICED);
                send(call, soonAfter(call, dice), Form.FULL);
            }
        }
    }

    /** Chooses how a call is reported. The bounds are cumulative shares of all calls. */
    private void tell(Call call, Dice dice) {
        double luck = dice.between(0, 1);
        boolean answered = call.workload().door() != Door.LITELLM || !dice.chance(CACHE_HITS_OF_GATEWAY);
        Instant arrival = soonAfter(call, dice);
        if (!answered) {
            tally.event(call, Standing.GATEWAY_CACHE_HIT);
            send(call, arrival, Form.GATEWAY_CACHE_HIT);
        } else if (luck < .006) {
            withoutUsage(call, arrival, dice);
        } else if (luck < .016) {
            tally.event(call, standing(call));
            tally.repeat();
            String value = envelopes.usage(call.workload().door(), call, arrival, Form.FULL);
            schedule(call, arrival, value);
            schedule(call, later(arrival, Duration.ofMinutes(30), dice), value);
        } else if (luck < .026) {
            byBothDoors(call, arrival, dice);
        } else if (luck < .0263) {
            contradicted(call, arrival, dice);
        } else if (luck < .030) {
            corrected(call, arrival, dice);
        } else if (luck < .032) {
            tally.event(call, Standing.DELETED);
            send(call, arrival, Form.FULL);
            Instant takenBack = later(arrival, MAX_DELAY, dice);
            tally.deletion();
            schedule(call, takenBack, envelopes.tombstone(call.workload().door(), call, takenBack, 1));
        } else if (luck < .047) {
            tally.event(call, standing(call));
            send(call, later(arrival, MAX_DELAY, dice), Form.FULL);
        } else {
            tally.event(call, standing(call));
            send(call, arrival, Form.FULL);
        }
    }

    /** A failure; or, for some of OpenAI's streams, a report without usage that the gateway's report completes. */
    private void withoutUsage(Call call, Instant arrival, Dice dice) {
        send(call, arrival, Form.WITHOUT_USAGE);
        if (gatewayMayReport(call) && dice.chance(.4)) {
            tally.event(call, standing(call));
            tally.completion();
            Instant completed = later(arrival, Duration.ofMinutes(1), dice);
            schedule(call, completed, envelopes.usage(Door.LITELLM, call, completed, Form.FULL));
        } else {
            tally.event(call, Standing.NO_USAGE);
        }
    }

    /** The same response from the provider's client and from the gateway's callback: one charge. */
    private void byBothDoors(Call call, Instant arrival, Dice dice) {
        tally.event(call, standing(call));
        send(call, arrival, Form.FULL);
        if (gatewayMayReport(call)) {
            tally.repeat();
            Instant reported = later(arrival, Duration.ofSeconds(20), dice);
            schedule(call, reported, envelopes.usage(Door.LITELLM, call, reported, Form.FULL));
        }
    }

    /** The gateway counts other units than the provider did: the first stands, the other is listed as a conflict. */
    private void contradicted(Call call, Instant arrival, Dice dice) {
        tally.event(call, standing(call));
        send(call, arrival, Form.FULL);
        if (gatewayMayReport(call)) {
            Call miscounted = call.withUnits(call.units().withText(call.units().text() + 7));
            Instant reported = later(arrival, Duration.ofSeconds(20), dice);
            tally.conflict();
            schedule(call, reported, envelopes.usage(Door.LITELLM, miscounted, reported, Form.FULL));
        }
    }

    /** The provider's final count differs from the first; at times the two change places on their way. */
    private void corrected(Call call, Instant arrival, Dice dice) {
        Call corrected = call.withUnits(call.units().withText(1 + call.units().text() * 6 / 5));
        Door door = call.workload().door();
        boolean overtaken = dice.chance(.25);
        Instant first = overtaken ? later(arrival, Duration.ofHours(6), dice) : arrival;
        Instant second = overtaken ? arrival : later(arrival, MAX_DELAY, dice);
        tally.event(corrected, standing(call));
        schedule(call, first, envelopes.revision(door, call, first, 0));
        schedule(call, second, envelopes.revision(door, corrected, second, 1));
        // Two that arrive in the same moment are read in the order in which they were scheduled.
        if (second.isBefore(first)) {
            tally.superseded();
        } else {
            tally.correction();
        }
    }

    private void goWrong(Call call, Dice dice) {
        Mishap mishap = dice.oneOf(MISHAPS);
        Instant arrival = soonAfter(call, dice);
        if (happens(call)) {
            tally.rejected(mishap.reason());
            schedule(call, arrival, envelopes.mishap(mishap, call, arrival));
        }
    }

    private static boolean gatewayMayReport(Call call) {
        return call.workload().door() == Door.OPENAI
                && call.tier() == Workload.Tier.STANDARD
                && call.units().webSearches() == 0
                && call.units().cacheWrite5m() == 0;
    }

    private static Standing standing(Call call) {
        return call.model().hasPublicPrice() ? Standing.PRICED : Standing.UNPRICED;
    }

    private void send(Call call, Instant arrival, Form form) {
        schedule(call, arrival, envelopes.usage(call.workload().door(), call, arrival, form));
    }

    private void schedule(Call call, Instant arrival, String value) {
        tally.record();
        onTheirWay.add(new Scheduled(new RawRecord(call.responseId(), value, arrival), sequence++));
    }

    private Instant soonAfter(Call call, Dice dice) {
        return later(call.answered(), Duration.ofSeconds(4), dice);
    }

    /** Never after the month's end, which is now. */
    private Instant later(Instant time, Duration atMost, Dice dice) {
        Instant later = time.plusMillis(dice.wholeBetween(1, atMost.toMillis()));
        return later.isBefore(plan.end()) ? later : plan.end();
    }

    /** What is on its way; of two that arrive in the same millisecond the one that was sent first is read first. */
    private record Scheduled(RawRecord record, long sequence) {}
}
