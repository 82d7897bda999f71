package io.costops.infra.bench;

import io.costops.infra.bench.Fault.Blackout;
import io.costops.infra.bench.Fault.ClickHouseAway;
import io.costops.infra.bench.Fault.ClickHouseFull;
import io.costops.infra.bench.Fault.Kill;
import io.costops.infra.bench.Fault.Upgrade;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * What happens when, fixed by a seed. Every kind of fault is dealt like a card, so that none is left out by chance, in a
 * random order and at random moments; one may strike while another lasts.
 */
record FaultPlan(List<Timed> faults) {
    /**
     * A fault and its moment.
     *
     * @param at since the traffic began
     */
    record Timed(Duration at, Fault fault) {}

    private static final String CLICKHOUSE = "clickhouse";

    /** Faults in a full deck, for about ten minutes. */
    static final Duration DECK_LENGTH = Duration.ofMinutes(10);

    /**
     * Deals the decks for so long.
     *
     * @param components what can be killed
     * @param jobs what can be upgraded
     * @param down how long everything stays down after it was killed at once
     * @param away how long ClickHouse is away, and how long it is out of space
     * @param brief one death of each is enough
     */
    static FaultPlan of(
            long seed,
            Duration length,
            List<String> components,
            List<String> jobs,
            Duration down,
            Duration away,
            boolean brief) {
        Random random = new Random(seed);
        List<Fault> dealt = new ArrayList<>();
        long decks = Math.max(1, Math.round(length.toSeconds() / (double) DECK_LENGTH.toSeconds()));
        for (long deck = 0; deck < decks; deck++) {
            List<Fault> cards = deck(components, jobs, down, away, brief);
            Collections.shuffle(cards, random);
            dealt.addAll(cards);
        }
        return new FaultPlan(timed(dealt, length, random));
    }

    private static List<Fault> deck(
            List<String> components, List<String> jobs, Duration down, Duration away, boolean brief) {
        List<Fault> cards = new ArrayList<>();
        for (String component : components) {
            for (int i = 0; i < (brief ? 1 : killsInADeck(component)); i++) {
                cards.add(new Kill(component));
            }
        }
        jobs.forEach(job -> cards.add(new Upgrade(job)));
        if (components.contains(CLICKHOUSE)) {
            cards.add(new ClickHouseAway(away));
            cards.add(new ClickHouseFull(away));
        }
        cards.add(new Blackout(down));
        return cards;
    }

    /** A JobManager's death costs the most time, in which the others' deaths would go unnoticed. */
    private static int killsInADeck(String component) {
        return switch (component) {
            case "jobmanager", "registry" -> 2;
            default -> 4;
        };
    }

    /** Uneven gaps that fill the time: each is .2 to 1.8 of what is left for it. While everything is down nothing else is dealt. */
    private static List<Timed> timed(List<Fault> faults, Duration length, Random random) {
        Duration dark = faults.stream()
                .map(fault -> fault instanceof Blackout blackout ? blackout.length() : Duration.ZERO)
                .reduce(Duration.ZERO, Duration::plus);
        long leftMillis = Math.max(0, length.minus(dark).toMillis());
        long at = 0;
        List<Timed> timed = new ArrayList<>();
        for (int i = 0; i < faults.size(); i++) {
            long gap = (long) (leftMillis / (double) (faults.size() - i + 1) * (.2 + 1.6 * random.nextDouble()));
            at += gap;
            leftMillis -= gap;
            timed.add(new Timed(Duration.ofMillis(at), faults.get(i)));
            if (faults.get(i) instanceof Blackout blackout) {
                at += blackout.length().toMillis();
            }
        }
        return timed;
    }
}
