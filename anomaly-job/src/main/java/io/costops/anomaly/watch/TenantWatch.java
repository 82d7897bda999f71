package io.costops.anomaly.watch;

import io.costops.anomaly.alert.IncidentId;
import io.costops.anomaly.detection.IncidentKind;
import io.costops.anomaly.detection.SpendIncident;
import io.costops.anomaly.watch.Series.Quantity;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Watches one tenant, or all of them together, window by window: feeds each series, and makes one incident of what belongs
 * together.
 *
 * <p>Deterministic: the same cells give the same steps, also across {@link #toBytes()}.
 */
public final class TenantWatch {
    private static final int STATE_VERSION = 1;
    /** As long as the detectors take a series' next alarm for the same incident. */
    private static final long REOPEN_MILLIS = Duration.ofHours(6).toMillis();

    private static final long DRIFT_REOPEN_MILLIS = Duration.ofDays(6).toMillis();
    private static final long SWEEP_MILLIS = Duration.ofHours(1).toMillis();
    /** A series that nobody used for so long is forgotten. */
    private static final long FORGET_MILLIS = Duration.ofDays(35).toMillis();

    private static final long ASLEEP_MILLIS = Duration.ofDays(2).toMillis();
    /** That so many requests don't come by chance has a probability of e^-20: data is missing. */
    private static final double MISSED_REQUESTS = 20;

    private static final long MISSING_MILLIS = Duration.ofMinutes(10).toMillis();
    private static final long MISSING_GIVES_UP_MILLIS = Duration.ofDays(1).toMillis();
    /** Two series show the same trouble if so much of the one's usage is the other's as well. */
    private static final double OVERLAP = 0.5;

    private final Coverage coverage;
    private final String tenant;
    private final String currency;
    private final WatchOptions options;
    private final long windowMillis;
    private final SeriesStore store;
    private final AlertWriter writer;

    private final List<OpenIncident> incidents = new ArrayList<>();
    private int opened;
    private long lastUsedMillis = Long.MIN_VALUE;
    /** Requests that were expected since the tenant fell silent. */
    private double missed;

    private long missingSinceMillis;
    private boolean missing;
    /** The latest time that nothing is known of. */
    private long gapFromMillis;

    private long gapUntilMillis;

    /** Incidents of which people said that they are fine. */
    private Set<String> accepted = Set.of();

    /** The series looked at in this window. */
    private final Map<SeriesId, Series> loaded = new TreeMap<>();

    /**
     * @param tenant empty for usage that names none, and for all tenants together
     * @param state what {@link #toBytes()} gave; null for a tenant that was never seen
     */
    public TenantWatch(
            Coverage coverage,
            String tenant,
            String currency,
            WatchOptions options,
            SeriesStore store,
            byte @Nullable [] state) {
        this.coverage = coverage;
        this.tenant = tenant;
        this.currency = currency;
        this.options = options;
        this.windowMillis = options.windowMillis();
        this.store = store;
        this.writer = new AlertWriter(coverage, tenant, currency, options);
        if (state != null) {
            read(state);
        }
    }

    /**
     * Judges a window that has ended.
     *
     * @param cells what was used in it, and what came late for windows before it
     * @param accepted incidents of which people said that they are fine
     * @return the steps of incidents in order
     */
    public List<Alert> observe(long windowStartMillis, List<Cell> cells, Set<String> accepted) {
        loaded.clear();
        this.accepted = accepted;
        Map<SeriesId, Sums> now = new TreeMap<>();
        Map<SeriesId, Map<Long, Sums>> late = new TreeMap<>();
        List<Cell> used = new ArrayList<>();
        for (Cell cell : cells) {
            boolean onTime = !cell.late() && cell.windowStartMillis() == windowStartMillis;
            if (onTime) {
                used.add(cell);
            } else if (cell.sums().isSilent()) {
                continue;
            }
            for (SeriesId.Dimension dimension : coverage.dimensions()) {
                SeriesId id = SeriesId.of(dimension, cell.place());
                if (onTime) {
                    now.merge(id, cell.sums(), Sums::plus);
                } else {
                    late.computeIfAbsent(id, unseen -> new HashMap<>())
                            .merge(cell.windowStartMillis(), cell.sums(), Sums::plus);
                }
            }
        }
        List<Alert> steps = new ArrayList<>();
        accept();
        noticeSilence(windowStartMillis, now.get(SeriesId.TOTAL), steps);
        feed(windowStartMillis, now, late);
        follow(windowStartMillis, used, steps);
        sweep(windowStartMillis);
        loaded.forEach((id, series) -> store.put(id.key(), series.toBytes()));
        return steps;
    }

    /** Is there something that windows without usage change? */
    public boolean isAwake(long nowMillis) {
        return missing
                || incidents.stream().anyMatch(OpenIncident::isOpen)
                || (lastUsedMillis != Long.MIN_VALUE && nowMillis - lastUsedMillis < ASLEEP_MILLIS);
    }

    private Series series(SeriesId id) {
        return loaded.computeIfAbsent(id, unseen -> stored(id));
    }

    private Series stored(SeriesId id) {
        Series series = Series.of(options, store.get(id.key()));
        series.passGap(gapFromMillis, gapUntilMillis);
        return series;
    }

    private void accept() {
        for (OpenIncident incident : incidents) {
            if (incident.isOpen() && accepted.contains(incident.id)) {
                for (OpenIncident.Member member : incident.members) {
                    series(member.series).acceptAsNormal();
                }
            }
        }
    }

    /** A tenant from whom nothing comes although much should: that is missing data and no idleness. */
    private void noticeSilence(long windowStartMillis, @Nullable Sums total, List<Alert> steps) {
        if (total != null && total.requests() > 0) {
            if (missing) {
                missing = false;
                steps.add(writer.dataMissing(
                        AlertAction.RESOLVED, missingSinceMillis, windowStartMillis, missed, series(SeriesId.TOTAL)));
            }
            missed = 0;
            lastUsedMillis = windowStartMillis;
            return;
        }
        if (lastUsedMillis == Long.MIN_VALUE) {
            return;
        }
        Series all = series(SeriesId.TOTAL);
        if (all.knowsUsualAt(windowStartMillis)) {
            missed += all.usual(Quantity.REQUESTS, windowStartMillis);
        }
        long silentMillis = windowStartMillis - lastUsedMillis;
        if (!missing && missed >= MISSED_REQUESTS && silentMillis >= MISSING_MILLIS) {
            missing = true;
            missingSinceMillis = lastUsedMillis + windowMillis;
            steps.add(writer.dataMissing(
                    AlertAction.OPENED, missingSinceMillis, windowStartMillis, missed, series(SeriesId.TOTAL)));
        } else if (missing && silentMillis >= MISSING_GIVES_UP_MILLIS) {
            missing = false;
            missed = Double.NEGATIVE_INFINITY;
            steps.add(writer.dataMissing(
                    AlertAction.RESOLVED, missingSinceMillis, windowStartMillis, missed, series(SeriesId.TOTAL)));
        }
    }

    private void feed(long windowStartMillis, Map<SeriesId, Sums> now, Map<SeriesId, Map<Long, Sums>> late) {
        long end = windowStartMillis + windowMillis;
        now.forEach((id, sums) -> series(id).observe(windowStartMillis, sums));
        if (missing) {
            gapFromMillis = missingSinceMillis;
            gapUntilMillis = end;
            loaded.values().forEach(series -> series.passGap(gapFromMillis, gapUntilMillis));
        } else {
            for (OpenIncident incident : incidents) {
                for (OpenIncident.Member member : incident.members) {
                    if (incident.isOpen() && member.open) {
                        series(member.series).idleUntil(end);
                    }
                }
            }
        }
        late.forEach((id, windows) -> {
            Series series = series(id);
            if (series.isBehind(end) && !missing) {
                series.idleUntil(end);
            }
            series.takeLate(windows);
        });
    }

    /** Compares what the detectors hold open with the incidents. */
    private void follow(long windowStartMillis, List<Cell> used, List<Alert> steps) {
        long end = windowStartMillis + windowMillis;
        incidents.removeIf(incident -> !incident.isOpen()
                && end - incident.closedMillis > (incident.drift ? DRIFT_REOPEN_MILLIS : REOPEN_MILLIS));
        List<OpenIncident.Member> found = new ArrayList<>();
        for (Map.Entry<SeriesId, Series> each : List.copyOf(loaded.entrySet())) {
            List<SpendIncident> open = each.getValue().openIncidents();
            for (OpenIncident incident : incidents) {
                for (OpenIncident.Member member : incident.members) {
                    if (member.series.equals(each.getKey()) && member.open) {
                        member.open = false;
                        for (SpendIncident newest : open) {
                            if (newest.number() == member.newest.number()) {
                                member.newest = newest;
                                member.open = true;
                            }
                        }
                    }
                }
            }
            for (SpendIncident newest : open) {
                if (incidents.stream()
                        .noneMatch(incident -> incident.members.stream()
                                .anyMatch(member -> member.open
                                        && member.series.equals(each.getKey())
                                        && member.newest.number() == newest.number()))) {
                    found.add(new OpenIncident.Member(each.getKey(), newest));
                }
            }
        }
        found.sort(Comparator.comparing((OpenIncident.Member member) -> member.newest.impact())
                .reversed()
                .thenComparing(member -> member.series));
        for (OpenIncident incident : incidents) {
            // What was accepted stays so while it lasts.
            if (!incident.isOpen()
                    && isAccepted(incident)
                    && incident.members.stream().anyMatch(member -> member.open)) {
                incident.closedMillis = end;
            }
        }
        Map<OpenIncident, AlertAction> changed = new HashMap<>();
        for (OpenIncident.Member member : found) {
            place(member, end, used, changed);
        }
        for (OpenIncident incident : incidents) {
            if (incident.isOpen()) {
                settle(incident, windowStartMillis, changed.get(incident), steps);
            }
        }
    }

    /** Puts what was found where it belongs: back into its incident, into one that shows the same, or into a new one. */
    private void place(
            OpenIncident.Member found, long endMillis, List<Cell> used, Map<OpenIncident, AlertAction> changed) {
        for (OpenIncident incident : incidents) {
            if (incident.has(found.series, found.newest.number())) {
                incident.members.removeIf(member ->
                        member.series.equals(found.series) && member.newest.number() == found.newest.number());
                incident.members.add(found);
                if (!incident.isOpen() && !isAccepted(incident)) {
                    incident.closedMillis = 0;
                    incident.critical = false;
                    incident.told = false;
                    changed.put(incident, AlertAction.REOPENED);
                }
                return;
            }
        }
        boolean drift = found.newest.kind() == IncidentKind.SLOW_DRIFT;
        for (OpenIncident incident : incidents) {
            boolean takesIn = incident.isOpen() || isAccepted(incident);
            if (takesIn && incident.drift == drift && shows(incident, found.series, used)) {
                if (incident.members.size() < OpenIncident.MOST_MEMBERS) {
                    incident.members.add(found);
                }
                return;
            }
        }
        OpenIncident incident = new OpenIncident(
                IncidentId.of(
                        coverage == Coverage.TENANT ? "anomaly" : "anomaly_of_all",
                        tenant,
                        currency,
                        Integer.toString(++opened),
                        Long.toString(endMillis)),
                drift);
        incident.members.add(found);
        incidents.add(incident);
        changed.put(incident, AlertAction.OPENED);
    }

    private boolean isAccepted(OpenIncident incident) {
        return accepted.contains(incident.id);
    }

    /** Is what goes wrong in the series what goes wrong in the incident? */
    private static boolean shows(OpenIncident incident, SeriesId series, List<Cell> used) {
        return incident.members.stream().anyMatch(member -> overlap(member.series, series, used));
    }

    private static boolean overlap(SeriesId a, SeriesId b, List<Cell> used) {
        if (a.equals(SeriesId.TOTAL) || b.equals(SeriesId.TOTAL) || a.equals(b)) {
            return true;
        }
        if (a.dimension() == b.dimension()) {
            return false;
        }
        double inA = 0;
        double inB = 0;
        double inBoth = 0;
        for (Cell cell : used) {
            double weight = (double) cell.sums().requests();
            boolean isA = a.covers(cell.place());
            boolean isB = b.covers(cell.place());
            inA += isA ? weight : 0;
            inB += isB ? weight : 0;
            inBoth += isA && isB ? weight : 0;
        }
        return inBoth > 0 && inBoth >= OVERLAP * Math.min(inA, inB);
    }

    private void settle(
            OpenIncident incident, long windowStartMillis, @Nullable AlertAction change, List<Alert> steps) {
        boolean over = isAccepted(incident) || incident.members.stream().noneMatch(member -> member.open);
        boolean worse = !incident.critical && incident.isCriticalNow();
        boolean reaches = !incident.told && incident.reachesMinimumNow();
        incident.critical |= worse;
        incident.told |= reaches;
        AlertAction action = change;
        if (over) {
            incident.closedMillis = windowStartMillis + windowMillis;
            action = AlertAction.RESOLVED;
        } else if (action == null && (worse || reaches)) {
            action = AlertAction.ESCALATED;
        }
        if (action != null) {
            steps.add(
                    writer.anomaly(action, incident, windowStartMillis, slices(), existing(incident.leader().series)));
        }
    }

    /** The series of a dimension, caught up with the window where they were idle. */
    private Map<SeriesId, Series> slices() {
        Map<SeriesId, Series> all = new TreeMap<>();
        List<String> names = store.names();
        boolean tooMany = names.size() > AlertWriter.MOST_SLICES;
        for (String name : names) {
            SeriesId id = SeriesId.parse(name);
            // It is the API keys that are many: where they are, those that weren't used now are left out.
            if (!tooMany || id.dimension() != SeriesId.Dimension.API_KEY) {
                all.put(id, existing(id));
            }
        }
        all.putAll(loaded);
        return all;
    }

    private Series existing(SeriesId id) {
        Series series = loaded.get(id);
        return series == null ? stored(id) : series;
    }

    /** Once an hour idle series are told that they were, and those long unused are forgotten. */
    private void sweep(long windowStartMillis) {
        long end = windowStartMillis + windowMillis;
        if (Math.floorMod(end, SWEEP_MILLIS) != 0 || missing) {
            return;
        }
        for (String name : store.names()) {
            SeriesId id = SeriesId.parse(name);
            if (loaded.containsKey(id)) {
                continue;
            }
            Series series = stored(id);
            if (series.isIdleSince(end - FORGET_MILLIS)) {
                store.remove(name);
            } else if (series.isBehind(end) && !series.isIdleSince(end - ASLEEP_MILLIS)) {
                series.idleUntil(end);
                store.put(name, series.toBytes());
            }
        }
    }

    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(STATE_VERSION);
            out.writeInt(opened);
            out.writeLong(lastUsedMillis);
            out.writeDouble(missed);
            out.writeLong(missingSinceMillis);
            out.writeBoolean(missing);
            out.writeLong(gapFromMillis);
            out.writeLong(gapUntilMillis);
            out.writeInt(incidents.size());
            for (OpenIncident incident : incidents) {
                incident.write(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private void read(byte[] state) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(state))) {
            int version = in.readByte();
            if (version != STATE_VERSION) {
                throw new IllegalStateException("no version " + version + " of a tenant's state is known");
            }
            opened = in.readInt();
            lastUsedMillis = in.readLong();
            missed = in.readDouble();
            missingSinceMillis = in.readLong();
            missing = in.readBoolean();
            gapFromMillis = in.readLong();
            gapUntilMillis = in.readLong();
            int size = in.readInt();
            for (int i = 0; i < size; i++) {
                incidents.add(OpenIncident.read(in));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
