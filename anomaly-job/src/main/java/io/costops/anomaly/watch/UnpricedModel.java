package io.costops.anomaly.watch;

import io.costops.anomaly.alert.IncidentId;
import io.costops.anomaly.alert.LedgerQuery;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertPoint;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.value.LedgerDecimal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What one tenant used of one model without a price.
 *
 * <p>It is in no sum and in no budget: a tenant spends and nobody sees it. So the first such request opens an incident, which
 * grows with the requests and ends when they have been priced, when the model is priced again, or when no more come. It goes by
 * the clock and not by the time of the usage: a file of last month's usage is as unpriced as today's.
 */
public final class UnpricedModel {
    private static final String DETECTOR = "unpriced/1";
    private static final int STATE_VERSION = 1;
    private static final long ERROR_REQUESTS = 100;
    private static final long CRITICAL_REQUESTS = 10_000;
    private static final long MINUTE_MILLIS = Duration.ofMinutes(1).toMillis();
    /** The model has a price again if usage was priced since, and for so long none was not. */
    private static final long CALM_MILLIS = 12 * MINUTE_MILLIS;

    private static final long NO_MORE_MILLIS = Duration.ofHours(24).toMillis();
    private static final int POINTS = 60;

    private long requests;
    private long tokens;
    private long repriced;
    /** Event times of the first and of the newest. */
    private long firstMillis = Long.MAX_VALUE;

    private long newestMillis = Long.MIN_VALUE;

    /** When the last one came, by the clock. */
    private long heardMillis;

    private boolean pricedSince;
    private boolean open;
    private AlertSeverity severity = AlertSeverity.WARNING;
    /** Where it began as far as was known when it opened: part of its identity. */
    private long idMillis;

    /** Requests of the latest minutes by the clock, the newest last, and that minute. */
    private final int[] recent = new int[POINTS];

    private long recentMinute;

    /** Usage without a price, or a price for what had none. */
    public void take(Sums sums, long eventTimeMillis, long nowMillis) {
        shiftTo(nowMillis);
        requests += sums.unpricedRequests();
        tokens += sums.unpricedTokens();
        repriced += sums.repricedRequests();
        if (sums.unpricedRequests() > 0) {
            firstMillis = Math.min(firstMillis, eventTimeMillis);
            newestMillis = Math.max(newestMillis, eventTimeMillis);
            heardMillis = nowMillis;
            pricedSince = false;
            recent[POINTS - 1] += (int) Math.min(sums.unpricedRequests(), Integer.MAX_VALUE / POINTS);
        }
    }

    /** The model's usage was priced. */
    public void priced() {
        pricedSince = true;
    }

    /** Nothing is, or was, without a price: it needn't be kept. */
    public boolean isOver() {
        return !open && requests <= repriced;
    }

    /** What has changed, if anything. */
    public Optional<Alert> judge(Place place, long nowMillis) {
        shiftTo(nowMillis);
        long left = requests - repriced;
        if (left <= 0) {
            return resolve(place, nowMillis, "All of it has been priced.");
        }
        if (pricedSince && nowMillis - heardMillis >= CALM_MILLIS) {
            return resolve(
                    place,
                    nowMillis,
                    "The model has a price again; " + count(left) + " of its requests wait to be priced by it.");
        }
        if (nowMillis - heardMillis >= NO_MORE_MILLIS) {
            return resolve(
                    place,
                    nowMillis,
                    "No more came for 24 hours; " + count(left) + " requests stay without a price until one is put.");
        }
        AlertSeverity now = left >= CRITICAL_REQUESTS
                ? AlertSeverity.CRITICAL
                : left >= ERROR_REQUESTS ? AlertSeverity.ERROR : AlertSeverity.WARNING;
        if (!open) {
            open = true;
            idMillis = firstMillis;
            severity = now;
            return Optional.of(step(AlertAction.OPENED, place, nowMillis, ""));
        }
        if (now.compareTo(severity) > 0) {
            severity = now;
            return Optional.of(step(AlertAction.ESCALATED, place, nowMillis, ""));
        }
        return Optional.empty();
    }

    private Optional<Alert> resolve(Place place, long nowMillis, String why) {
        Optional<Alert> step = Optional.empty();
        if (open) {
            Alert resolved = step(AlertAction.RESOLVED, place, nowMillis, why);
            resolved.setResolvedAt(Instant.ofEpochMilli(nowMillis));
            step = Optional.of(resolved);
        }
        open = false;
        requests = 0;
        tokens = 0;
        repriced = 0;
        firstMillis = Long.MAX_VALUE;
        newestMillis = Long.MIN_VALUE;
        return step;
    }

    private Alert step(AlertAction action, Place place, long nowMillis, String ending) {
        Instant first = Instant.ofEpochMilli(firstMillis);
        Instant newest = Instant.ofEpochMilli(newestMillis).truncatedTo(ChronoUnit.MINUTES);
        long left = Math.max(0, requests - repriced);
        String tenant = place.tenant();
        String model = place.model();
        String named = model.isEmpty() ? "a model without a name" : model;
        Alert alert = new Alert();
        alert.setIncidentId(IncidentId.of("unpriced", tenant, place.currency(), model, Long.toString(idMillis)));
        alert.setAction(action);
        alert.setCategory(AlertCategory.UNPRICED_USAGE);
        alert.setSeverity(severity);
        alert.setCause("no_price");
        alert.setRecordedAt(Instant.ofEpochMilli(nowMillis));
        alert.setStartedAt(first);
        alert.setWindowStart(newest);
        alert.setWindowEnd(newest.plus(1, ChronoUnit.MINUTES));
        alert.setTenant(tenant.isEmpty() ? null : tenant);
        alert.setScope(model.isEmpty() ? Map.of() : Map.of("model", model));
        alert.setMetric("unpriced_requests");
        alert.setActual(LedgerDecimal.fit(BigDecimal.valueOf(left), "unpriced requests"));
        alert.setExpected(LedgerDecimal.fit(BigDecimal.ZERO, "expected"));
        alert.setCurrency(place.currency());
        alert.setTitle(count(left) + (left == 1 ? " request" : " requests") + " of " + named + " without a price");
        alert.setExplanation("Since " + first + " " + count(requests) + (requests == 1 ? " request" : " requests")
                + " with " + count(tokens) + " tokens of " + named + " could not be priced"
                + (repriced > 0 ? "; " + count(repriced) + " have been since" : "")
                + ". They are in no sum and in no budget. "
                + (ending.isEmpty()
                        ? "Put a price with costops prices put; what has been used is then priced by adjustment"
                                + " entries."
                        : ending));
        alert.setRootCauses(new ArrayList<>());
        alert.setCostFactors(new ArrayList<>());
        alert.setRecent(points());
        alert.setQuery(LedgerQuery.unpriced(tenant, model, first));
        alert.setDetector(DETECTOR);
        return alert;
    }

    private void shiftTo(long nowMillis) {
        long minute = Math.floorDiv(nowMillis, MINUTE_MILLIS);
        int by = (int) Math.max(0, Math.min(POINTS, minute - recentMinute));
        System.arraycopy(recent, by, recent, 0, POINTS - by);
        for (int i = POINTS - by; i < POINTS; i++) {
            recent[i] = 0;
        }
        recentMinute = Math.max(recentMinute, minute);
    }

    private List<AlertPoint> points() {
        List<AlertPoint> points = new ArrayList<>(POINTS);
        for (int i = 0; i < POINTS; i++) {
            long minute = recentMinute - (POINTS - 1 - i);
            points.add(new AlertPoint(Instant.ofEpochMilli(minute * MINUTE_MILLIS), (double) recent[i], 0.0));
        }
        return points;
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(STATE_VERSION);
            out.writeLong(requests);
            out.writeLong(tokens);
            out.writeLong(repriced);
            out.writeLong(firstMillis);
            out.writeLong(newestMillis);
            out.writeLong(heardMillis);
            out.writeBoolean(pricedSince);
            out.writeBoolean(open);
            Texts.write(out, severity.name());
            out.writeLong(idMillis);
            out.writeLong(recentMinute);
            for (int requestsOfMinute : recent) {
                out.writeInt(requestsOfMinute);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public static UnpricedModel fromBytes(byte[] bytes) {
        UnpricedModel model = new UnpricedModel();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int version = in.readByte();
            if (version != STATE_VERSION) {
                throw new IllegalStateException("no version " + version + " of this state is known");
            }
            model.requests = in.readLong();
            model.tokens = in.readLong();
            model.repriced = in.readLong();
            model.firstMillis = in.readLong();
            model.newestMillis = in.readLong();
            model.heardMillis = in.readLong();
            model.pricedSince = in.readBoolean();
            model.open = in.readBoolean();
            model.severity = AlertSeverity.valueOf(Texts.read(in));
            model.idMillis = in.readLong();
            model.recentMinute = in.readLong();
            for (int i = 0; i < POINTS; i++) {
                model.recent[i] = in.readInt();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return model;
    }
}
