package io.costops.anomaly.detection;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The incidents of one key: at most one for each family of signals, and families that go wrong within 6 hours of each other
 * share one.
 *
 * <pre>
 *   normal --alarm--> open --12 calm buckets--> resolved --alarm within 6 h--> open again, the same incident
 *                      |--24 h without calm: the new normal is adopted--> resolved
 * </pre>
 */
final class IncidentBook {
    /** What an incident does to what the detector knows of the key. */
    interface Baselines {
        /** How far the family still is above normal, as a share of its threshold, seen in the window that showed it. */
        double heat(SignalFamily family, int window);

        /** It has lasted: from now on it is normal. */
        void adopt(SignalFamily family);

        /** It is over: what the long windows still hold of it must not alarm again. */
        void forgive(SignalFamily family);

        /** Standard deviation of the logarithm of what the family's factor is in an hour. */
        double deviation(SignalFamily family);
    }

    private static final int CALM_BUCKETS = 12;
    private static final long REOPEN_SECONDS = 6 * 3_600L;
    private static final long DRIFT_REOPEN_SECONDS = 6 * 86_400L;
    private static final long JOIN_SECONDS = 6 * 3_600L;
    private static final long NEW_NORMAL_SECONDS = 86_400L;
    private static final double CRITICAL_RATIO = 3;
    private static final double CRITICAL_SHARE_OF_DAY = 0.25;
    private static final double NORMAL_95 = 1.96;
    private static final long NEVER = Long.MIN_VALUE / 2;
    private static final int FIRST_VERSION_WITHOUT_BLANKS = 3;

    private final Baselines baselines;
    private final Entry[] entries;
    private int incidents;

    /** Cost of the key's mean day, and the impact below which nobody is told; kept current by the detector. */
    double meanDayCost;

    double minimumImpact;

    IncidentBook(Baselines baselines) {
        this.baselines = baselines;
        SignalFamily[] families = SignalFamily.values();
        entries = new Entry[families.length];
        for (SignalFamily family : families) {
            entries[family.code] = new Entry(family);
        }
    }

    boolean isOpen(SignalFamily family) {
        return entry(family).open;
    }

    /** When the family became abnormal. */
    long openedSeconds(SignalFamily family) {
        return entry(family).openedSeconds;
    }

    List<SpendIncident> openIncidents() {
        List<SpendIncident> open = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.leads) {
                open.add(incident(entry));
            }
        }
        return open;
    }

    /** Opens, reopens, joins or feeds an incident. */
    void raise(SignalFamily family, Alarm alarm, long now, List<SpendEvent> events) {
        Entry entry = entry(family);
        if (entry.open) {
            Entry leader = leaderOf(entry);
            leader.score = Math.max(leader.score, alarm.score());
            return;
        }
        entry.open = true;
        entry.calm = 0;
        entry.window = alarm.window();
        entry.openedSeconds = now;
        Entry host = family == SignalFamily.DRIFT ? null : incidentToJoin(now);
        if (host != null) {
            entry.leader = host.family;
            host.signals |= alarm.signal().bit;
            host.score = Math.max(host.score, alarm.score());
            host.kind = joined(host.kind, alarm.kind());
            events.add(changed(SpendEvent.Step.ESCALATED, host, now));
            return;
        }
        entry.leader = family;
        entry.leads = true;
        long memory = family == SignalFamily.DRIFT ? DRIFT_REOPEN_SECONDS : REOPEN_SECONDS;
        if (entry.number > 0 && now - entry.closedSeconds <= memory) {
            entry.score = Math.max(entry.score, alarm.score());
            events.add(changed(SpendEvent.Step.REOPENED, entry, now));
            return;
        }
        entry.number = ++incidents;
        entry.kind = alarm.kind();
        entry.signals = alarm.signal().bit;
        entry.startedSeconds = alarm.sinceSeconds();
        entry.incidentSeconds = now;
        entry.score = alarm.score();
        entry.actual = alarm.actual();
        entry.expected = alarm.expected();
        entry.critical = isCritical(entry);
        entry.suppressed = entry.impact() < minimumImpact;
        events.add(changed(SpendEvent.Step.OPENED, entry, now));
    }

    private @Nullable Entry incidentToJoin(long now) {
        for (Entry other : entries) {
            if (other.leads && other.family != SignalFamily.DRIFT && now - other.incidentSeconds <= JOIN_SECONDS) {
                return other;
            }
        }
        return null;
    }

    /** A retry loop and a switched model explain what else they set off; other kinds keep the name of what came first. */
    private static IncidentKind joined(IncidentKind first, IncidentKind second) {
        boolean explains = second == IncidentKind.RETRY_LOOP || second == IncidentKind.MODEL_SWITCH;
        return explains ? second : first;
    }

    /** Adds a bucket to the incident that the family leads. */
    void add(SignalFamily family, double actual, double expected, long now, List<SpendEvent> events) {
        Entry leader = entry(family);
        leader.actual += actual;
        leader.expected += expected;
        boolean told = leader.suppressed && leader.impact() >= minimumImpact;
        boolean worse = !leader.critical && isCritical(leader);
        if (told) {
            leader.suppressed = false;
        }
        if (worse) {
            leader.critical = true;
        }
        if (told || worse) {
            events.add(changed(SpendEvent.Step.ESCALATED, leader, now));
        }
    }

    boolean leads(SignalFamily family) {
        return entry(family).leads;
    }

    /** Is the family part of the incident that {@code leader} leads? */
    boolean isPartOf(SignalFamily family, SignalFamily leader) {
        return entry(family).open && entry(family).leader == leader;
    }

    /** Ends what has calmed down, and what has lasted so long that it is normal. */
    void settle(long now, List<SpendEvent> events) {
        for (Entry entry : entries) {
            if (!entry.open || entry.family == SignalFamily.DRIFT) {
                continue;
            }
            entry.calm = baselines.heat(entry.family, entry.window) < 0.5 ? entry.calm + 1 : 0;
            if (entry.calm >= CALM_BUCKETS) {
                close(entry.family, now, events);
            } else if (now - entry.openedSeconds > NEW_NORMAL_SECONDS) {
                baselines.adopt(entry.family);
                close(entry.family, now, events);
            }
        }
    }

    void close(SignalFamily family, long now, List<SpendEvent> events) {
        Entry entry = entry(family);
        entry.open = false;
        entry.closedSeconds = now;
        baselines.forgive(family);
        Entry leader = leaderOf(entry);
        for (Entry other : entries) {
            if (other.open && other.leader == leader.family) {
                return;
            }
        }
        leader.leads = false;
        leader.closedSeconds = now;
        events.add(changed(SpendEvent.Step.RESOLVED, leader, now));
    }

    /** The clock went back: nothing may lie in the future. */
    void clockWentBack(long now) {
        for (Entry entry : entries) {
            entry.openedSeconds = Math.min(entry.openedSeconds, now);
            entry.closedSeconds = Math.min(entry.closedSeconds, now);
            entry.incidentSeconds = Math.min(entry.incidentSeconds, now);
            entry.startedSeconds = Math.min(entry.startedSeconds, now);
        }
    }

    private boolean isCritical(Entry entry) {
        boolean large = entry.impact() > 0 && entry.impact() >= CRITICAL_SHARE_OF_DAY * meanDayCost;
        return large || entry.actual >= CRITICAL_RATIO * entry.expected;
    }

    private Entry entry(SignalFamily family) {
        return entries[family.code];
    }

    private Entry leaderOf(Entry entry) {
        return entry(entry.leader);
    }

    private SpendEvent changed(SpendEvent.Step step, Entry entry, long now) {
        return new SpendEvent.IncidentChanged(step, incident(entry), now);
    }

    private SpendIncident incident(Entry entry) {
        double spread = Math.exp(NORMAL_95 * baselines.deviation(entry.family));
        BigDecimal actual = money(entry.actual);
        BigDecimal expected = money(entry.expected);
        return new SpendIncident(
                entry.number,
                entry.kind,
                entry.critical ? Severity.CRITICAL : Severity.WARNING,
                signals(entry.signals),
                entry.startedSeconds,
                entry.incidentSeconds,
                entry.score,
                actual,
                expected,
                money(entry.expected / spread),
                money(entry.expected * spread),
                actual.subtract(expected),
                entry.suppressed);
    }

    private static Set<Signal> signals(int bits) {
        EnumSet<Signal> set = EnumSet.noneOf(Signal.class);
        for (Signal signal : Signal.values()) {
            if ((bits & signal.bit) != 0) {
                set.add(signal);
            }
        }
        return set;
    }

    /** Estimates leave as decimals of a millionth of the currency. */
    private static BigDecimal money(double amount) {
        return BigDecimal.valueOf(amount).setScale(6, RoundingMode.HALF_EVEN);
    }

    void write(StateOutput out) {
        out.writeInt(incidents);
        for (Entry entry : entries) {
            entry.write(out);
        }
    }

    void read(StateInput in) {
        incidents = in.readInt();
        for (Entry entry : entries) {
            entry.read(in);
        }
    }

    /** Whether one family is abnormal now, and the latest incident that it led. */
    private static final class Entry {
        final SignalFamily family;
        boolean open;
        SignalFamily leader;
        long openedSeconds = NEVER;
        long closedSeconds = NEVER;
        int calm;
        int window;

        /** Leads an incident that is open. */
        boolean leads;

        int number;
        IncidentKind kind = IncidentKind.TRAFFIC_SURGE;
        boolean critical;
        boolean suppressed;
        int signals;
        long startedSeconds;
        long incidentSeconds;
        double score;
        double actual;
        double expected;

        Entry(SignalFamily family) {
            this.family = family;
            this.leader = family;
        }

        double impact() {
            return actual - expected;
        }

        /** Most families of most keys never went wrong. */
        private boolean isBlank() {
            return !open && number == 0 && openedSeconds == NEVER && closedSeconds == NEVER;
        }

        void write(StateOutput out) {
            out.writeBoolean(!isBlank());
            if (isBlank()) {
                return;
            }
            out.writeBoolean(open);
            out.writeByte(leader.code);
            out.writeLong(openedSeconds);
            out.writeLong(closedSeconds);
            out.writeByte(calm);
            out.writeByte(window);
            out.writeBoolean(leads);
            out.writeInt(number);
            out.writeByte(kind.code);
            out.writeBoolean(critical);
            out.writeBoolean(suppressed);
            out.writeByte(signals);
            out.writeLong(startedSeconds);
            out.writeLong(incidentSeconds);
            out.writeDouble(score);
            out.writeDouble(actual);
            out.writeDouble(expected);
        }

        void read(StateInput in) {
            if (in.version() >= FIRST_VERSION_WITHOUT_BLANKS && !in.readBoolean()) {
                return;
            }
            open = in.readBoolean();
            leader = SignalFamily.ofCode(in.readByte());
            openedSeconds = in.readLong();
            closedSeconds = in.readLong();
            calm = in.readByte();
            window = in.readByte();
            leads = in.readBoolean();
            number = in.readInt();
            kind = IncidentKind.ofCode(in.readByte());
            critical = in.readBoolean();
            suppressed = in.readBoolean();
            signals = in.readByte();
            startedSeconds = in.readLong();
            incidentSeconds = in.readLong();
            score = in.readDouble();
            actual = in.readDouble();
            expected = in.readDouble();
        }
    }
}
