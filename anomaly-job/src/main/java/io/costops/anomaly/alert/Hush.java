package io.costops.anomaly.alert;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertControlKind;
import io.costops.schemas.avro.AlertFeedback;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.budget.BudgetScope;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether people asked not to be told of an alert, and why. */
public final class Hush {
    private static final Set<String> DIMENSIONS =
            Set.of("project", "team", "cost_center", "user", "api_key_id", "model");

    private Hush() {}

    /** The reason that stands in the alert; empty: tell. */
    public static Optional<String> reason(Alert alert, Collection<AlertControl> controls, Instant now) {
        for (AlertControl control : controls) {
            if (control.getDeleted()) {
                continue;
            }
            Optional<String> reason = switch (control.getKind()) {
                case SILENCE ->
                    covers(control, alert) && holds(control, now) ? Optional.of("silenced") : Optional.empty();
                case MAINTENANCE ->
                    covers(control, alert) && holds(control, now) ? Optional.of("maintenance") : Optional.empty();
                case QUIET_HOURS ->
                    isQuiet(alert) && covers(control, alert) && holds(control, now) && inHours(control, now)
                            ? Optional.of("quiet_hours")
                            : Optional.empty();
                case FEEDBACK -> isAbout(control, alert) ? feedback(control.getFeedback()) : Optional.empty();
                case ACKNOWLEDGE, UNKNOWN -> Optional.empty();
            };
            if (reason.isPresent()) {
                return reason;
            }
        }
        return Optional.empty();
    }

    /** Does someone take the incident on? */
    public static boolean acknowledges(AlertControl control, String incident) {
        return control.getKind() == AlertControlKind.ACKNOWLEDGE
                && !control.getDeleted()
                && incident.equals(control.getIncidentId());
    }

    /** Did a person say that it is fine, so that it is normal from now on? */
    public static boolean isAccepted(AlertControl control) {
        return control.getKind() == AlertControlKind.FEEDBACK
                && !control.getDeleted()
                && (control.getFeedback() == AlertFeedback.NO || control.getFeedback() == AlertFeedback.PLANNED);
    }

    private static Optional<String> feedback(AlertFeedback feedback) {
        return switch (feedback) {
            case PLANNED -> Optional.of("planned");
            case NO -> Optional.of("not_an_incident");
            case YES, UNKNOWN -> Optional.empty();
        };
    }

    private static boolean isAbout(AlertControl control, Alert alert) {
        return alert.getIncidentId().equals(control.getIncidentId());
    }

    /** Nights are for sleeping unless it is bad. */
    private static boolean isQuiet(Alert alert) {
        return alert.getSeverity().compareTo(AlertSeverity.WARNING) <= 0;
    }

    private static boolean covers(AlertControl control, Alert alert) {
        if (control.getIncidentId() != null && !isAbout(control, alert)) {
            return false;
        }
        if (control.getTenant() != null && !control.getTenant().equals(alert.getTenant())) {
            return false;
        }
        if (control.getCategory() != null
                && !control.getCategory().equalsIgnoreCase(alert.getCategory().name())) {
            return false;
        }
        for (Map.Entry<String, String> each : control.getScope().entrySet()) {
            if (!each.getValue().equals(alert.getScope().get(each.getKey()))) {
                return false;
            }
        }
        return true;
    }

    private static boolean holds(AlertControl control, Instant now) {
        Instant from = control.getFrom() == null ? control.getRecordedAt() : control.getFrom();
        return !now.isBefore(from) && (control.getUntil() == null || now.isBefore(control.getUntil()));
    }

    private static boolean inHours(AlertControl control, Instant now) {
        if (control.getDailyFrom() == null || control.getDailyUntil() == null) {
            return false;
        }
        LocalTime from = LocalTime.parse(control.getDailyFrom());
        LocalTime until = LocalTime.parse(control.getDailyUntil());
        LocalTime local = now.atZone(ZoneId.of(control.getTimeZone())).toLocalTime();
        return from.isBefore(until)
                ? !local.isBefore(from) && local.isBefore(until)
                : !local.isBefore(from) || local.isBefore(until);
    }

    /** What is wrong with a control, naming the field and the fix; empty if nothing is. */
    public static Optional<String> violation(AlertControl control) {
        if (control.getControlId().isBlank()) {
            return Optional.of("control_id is empty: give it an identity of its own");
        }
        try {
            ZoneId.of(control.getTimeZone());
        } catch (DateTimeException e) {
            return Optional.of("time_zone '" + control.getTimeZone() + "' is no time zone, such as Europe/Berlin");
        }
        if (control.getFrom() != null
                && control.getUntil() != null
                && !control.getFrom().isBefore(control.getUntil())) {
            return Optional.of("until is " + control.getUntil() + ": it must lie after from, " + control.getFrom());
        }
        Optional<String> what = category(control.getCategory()).or(() -> scope(control.getScope()));
        if (what.isPresent()) {
            return what;
        }
        return switch (control.getKind()) {
            case UNKNOWN ->
                Optional.of("kind is missing: give acknowledge, silence, maintenance, feedback or quiet_hours");
            case ACKNOWLEDGE -> incident(control);
            case FEEDBACK ->
                control.getFeedback() == AlertFeedback.UNKNOWN
                        ? Optional.of("feedback is missing: give yes, no or planned")
                        : incident(control);
            case QUIET_HOURS -> {
                try {
                    LocalTime from = LocalTime.parse(String.valueOf(control.getDailyFrom()));
                    LocalTime until = LocalTime.parse(String.valueOf(control.getDailyUntil()));
                    yield from.equals(until)
                            ? Optional.of("daily_from and daily_until are both " + from
                                    + ": quiet hours must end before they begin again")
                            : Optional.empty();
                } catch (DateTimeParseException e) {
                    yield Optional.of("daily_from and daily_until must be times such as 22:00 and 07:00");
                }
            }
            case SILENCE, MAINTENANCE -> Optional.empty();
        };
    }

    /** What no alert has would silence nothing, and whoever asked for silence would believe in it. */
    private static Optional<String> category(@Nullable String given) {
        if (given == null) {
            return Optional.empty();
        }
        List<String> known = Arrays.stream(AlertCategory.values())
                .filter(category -> category != AlertCategory.UNKNOWN)
                .map(category -> category.name().toLowerCase(Locale.ROOT))
                .toList();
        return known.contains(given.toLowerCase(Locale.ROOT))
                ? Optional.empty()
                : Optional.of("category is '" + given + "': give one of " + String.join(", ", known));
    }

    private static Optional<String> scope(Map<String, String> given) {
        for (String dimension : given.keySet()) {
            if (dimension.equals("tenant")) {
                return Optional.of("scope.tenant says nothing: name the tenant in tenant (--tenant)");
            }
            boolean tag = dimension.startsWith(BudgetScope.TAG_PREFIX)
                    && dimension.length() > BudgetScope.TAG_PREFIX.length();
            if (!DIMENSIONS.contains(dimension) && !tag) {
                return Optional.of(
                        "scope." + dimension + " is not known: a scope is made of project, team, cost_center,"
                                + " user, api_key_id, model and tags.NAME");
            }
        }
        return Optional.empty();
    }

    private static Optional<String> incident(AlertControl control) {
        return control.getIncidentId() == null
                ? Optional.of("incident_id is missing: name the incident")
                : Optional.empty();
    }
}
