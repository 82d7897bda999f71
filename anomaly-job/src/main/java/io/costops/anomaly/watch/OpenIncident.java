package io.costops.anomaly.watch;

import io.costops.anomaly.detection.IncidentKind;
import io.costops.anomaly.detection.Severity;
import io.costops.anomaly.detection.Signal;
import io.costops.anomaly.detection.SpendIncident;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * One incident of a tenant. The same trouble shows in several series, for example in an API key, its project and the
 * total: these are its members, and people hear of it once.
 */
final class OpenIncident {
    /** More don't tell anyone more. */
    static final int MOST_MEMBERS = 50;

    final String id;
    /** Daily totals rose: it neither joins what is acute nor is joined by it. */
    final boolean drift;

    final List<Member> members = new ArrayList<>();
    boolean critical;
    /** Its impact reached the minimum, so that people are told. */
    boolean told;

    /** When it ended; 0 while it lasts. */
    long closedMillis;

    OpenIncident(String id, boolean drift) {
        this.id = id;
        this.drift = drift;
    }

    /** An incident of one series. */
    static final class Member {
        final SeriesId series;
        SpendIncident newest;
        boolean open = true;

        Member(SeriesId series, SpendIncident newest) {
            this.series = series;
            this.newest = newest;
        }
    }

    boolean isOpen() {
        return closedMillis == 0;
    }

    boolean has(SeriesId series, int number) {
        return members.stream().anyMatch(member -> member.series.equals(series) && member.newest.number() == number);
    }

    /** The member that tells most: of those that last, else of all, the one with the largest impact. */
    Member leader() {
        boolean lasting = members.stream().anyMatch(member -> member.open);
        Member leader = null;
        for (Member member : members) {
            if (member.open || !lasting) {
                leader = leader == null || tells(member, leader) ? member : leader;
            }
        }
        if (leader == null) {
            throw new IllegalStateException("an incident has members");
        }
        return leader;
    }

    private static boolean tells(Member member, Member than) {
        int impact = member.newest.impact().compareTo(than.newest.impact());
        return impact > 0 || (impact == 0 && member.series.compareTo(than.series) < 0);
    }

    /** A retry loop or a switched model explains what else was seen; else the leader's kind. */
    IncidentKind kind() {
        IncidentKind kind = leader().newest.kind();
        for (Member member : members) {
            IncidentKind other = member.newest.kind();
            if (other == IncidentKind.RETRY_LOOP) {
                return other;
            }
            if (other == IncidentKind.MODEL_SWITCH || other == IncidentKind.CACHE_COLLAPSE) {
                kind = other;
            }
        }
        return kind;
    }

    long startedSeconds() {
        return members.stream()
                .mapToLong(member -> member.newest.startedAtSeconds())
                .min()
                .orElseThrow();
    }

    boolean isCriticalNow() {
        return members.stream().anyMatch(member -> member.open && member.newest.severity() == Severity.CRITICAL);
    }

    boolean reachesMinimumNow() {
        return members.stream().anyMatch(member -> member.open && !member.newest.belowMinimumImpact());
    }

    void write(DataOutputStream out) throws IOException {
        Texts.write(out, id);
        out.writeBoolean(drift);
        out.writeBoolean(critical);
        out.writeBoolean(told);
        out.writeLong(closedMillis);
        out.writeInt(members.size());
        for (Member member : members) {
            Texts.write(out, member.series.key());
            out.writeBoolean(member.open);
            write(member.newest, out);
        }
    }

    static OpenIncident read(DataInputStream in) throws IOException {
        OpenIncident incident = new OpenIncident(Texts.read(in), in.readBoolean());
        incident.critical = in.readBoolean();
        incident.told = in.readBoolean();
        incident.closedMillis = in.readLong();
        int size = in.readInt();
        for (int i = 0; i < size; i++) {
            SeriesId series = SeriesId.parse(Texts.read(in));
            boolean open = in.readBoolean();
            Member member = new Member(series, readSnapshot(in));
            member.open = open;
            incident.members.add(member);
        }
        return incident;
    }

    private static void write(SpendIncident newest, DataOutputStream out) throws IOException {
        out.writeInt(newest.number());
        Texts.write(out, newest.kind().name());
        Texts.write(out, newest.severity().name());
        out.writeInt(newest.signals().size());
        for (Signal signal : newest.signals()) {
            Texts.write(out, signal.name());
        }
        out.writeLong(newest.startedAtSeconds());
        out.writeLong(newest.openedAtSeconds());
        out.writeDouble(newest.score());
        for (BigDecimal amount : List.of(
                newest.actual(), newest.expected(), newest.expectedLow(), newest.expectedHigh(), newest.impact())) {
            Texts.write(out, amount.toString());
        }
        out.writeBoolean(newest.belowMinimumImpact());
    }

    private static SpendIncident readSnapshot(DataInputStream in) throws IOException {
        int number = in.readInt();
        IncidentKind kind = IncidentKind.valueOf(Texts.read(in));
        Severity severity = Severity.valueOf(Texts.read(in));
        Set<Signal> signals = EnumSet.noneOf(Signal.class);
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            signals.add(Signal.valueOf(Texts.read(in)));
        }
        return new SpendIncident(
                number,
                kind,
                severity,
                signals,
                in.readLong(),
                in.readLong(),
                in.readDouble(),
                new BigDecimal(Texts.read(in)),
                new BigDecimal(Texts.read(in)),
                new BigDecimal(Texts.read(in)),
                new BigDecimal(Texts.read(in)),
                new BigDecimal(Texts.read(in)),
                in.readBoolean());
    }
}
