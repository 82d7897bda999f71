package io.costops.sinks.notify.config;

import io.costops.schemas.avro.Alert;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who is to be told of what.
 *
 * <p>Routes decide who is told that an incident lasts. Whoever was told hears of each further step too, whatever its
 * severity has become, until the end; nobody hears of the end of what they weren't told of.
 *
 * @param receivers by name
 * @param link to look further at
 */
public record Routing(Map<String, ReceiverSettings> receivers, List<Route> routes, Optional<Link> link) {
    public Routing {
        receivers = Collections.unmodifiableSortedMap(new TreeMap<>(receivers));
        routes = List.copyOf(routes);
    }

    /** Nobody is told of anything. */
    public static Routing none() {
        return new Routing(Map.of(), List.of(), Optional.empty());
    }

    /**
     * What an alert leads to.
     *
     * @param recipients receivers to tell, each with the routes that led there; none for those who were told before
     * @param told who knows after this that the incident lasts
     * @param unrouted whether somebody should be told and no route says who
     */
    public record Decision(SortedMap<String, List<String>> recipients, List<String> told, boolean unrouted) {}

    /** @param told who knows so far that the incident lasts */
    public Decision decide(Alert alert, Collection<String> told) {
        return switch (alert.getAction()) {
            case OPENED, ESCALATED, RENOTIFIED, REOPENED, UNKNOWN -> lasting(alert, told);
            case ACKNOWLEDGED ->
                new Decision(isSuppressed(alert) ? new TreeMap<>() : known(told), List.copyOf(told), false);
            case RESOLVED -> new Decision(ending(alert, told), List.of(), false);
        };
    }

    private Decision lasting(Alert alert, Collection<String> told) {
        if (isSuppressed(alert)) {
            return new Decision(new TreeMap<>(), List.copyOf(told), false);
        }
        SortedMap<String, List<String>> recipients = known(told);
        for (Route route : routes) {
            if (route.matches(alert)) {
                for (String receiver : route.receivers()) {
                    recipients
                            .computeIfAbsent(receiver, name -> new ArrayList<>())
                            .add(route.name());
                }
            }
        }
        return new Decision(recipients, List.copyOf(recipients.keySet()), recipients.isEmpty());
    }

    /** A receiver that holds the incident open is told of its end even when people are not to be notified. */
    private SortedMap<String, List<String>> ending(Alert alert, Collection<String> told) {
        SortedMap<String, List<String>> recipients = known(told);
        if (isSuppressed(alert)) {
            recipients.keySet().removeIf(name -> {
                ReceiverSettings settings = receivers.get(name);
                return settings == null || !settings.holdsIncidents();
            });
        }
        return recipients;
    }

    /** Those who were told and are still in the configuration. */
    private SortedMap<String, List<String>> known(Collection<String> told) {
        SortedMap<String, List<String>> recipients = new TreeMap<>();
        for (String receiver : told) {
            if (receivers.containsKey(receiver)) {
                recipients.put(receiver, new ArrayList<>());
            }
        }
        return recipients;
    }

    private static boolean isSuppressed(Alert alert) {
        return alert.getSuppressed() != null;
    }
}
