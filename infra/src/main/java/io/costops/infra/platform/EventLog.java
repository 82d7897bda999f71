package io.costops.infra.platform;

import io.costops.infra.platform.PlatformEvent.Kind;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happened to the components, in order: logged, kept, and told to whoever listens. */
final class EventLog {

    private static final Logger LOG = LoggerFactory.getLogger("platform");
    private static final int KEPT = 1000;

    private final Clock clock;
    private final List<Consumer<PlatformEvent>> listeners = new CopyOnWriteArrayList<>();
    private final List<PlatformEvent> events = new ArrayList<>();

    EventLog(Clock clock, List<Consumer<PlatformEvent>> listeners) {
        this.clock = clock;
        this.listeners.addAll(listeners);
    }

    void add(String component, Kind kind, String message) {
        PlatformEvent event = new PlatformEvent(clock.instant(), component, kind, message);
        switch (kind) {
            case STARTING, READY, STOPPED -> LOG.info("{}", event);
            case DIED, BACKING_OFF -> LOG.warn("{}", event);
        }
        synchronized (events) {
            if (events.size() == KEPT) {
                events.remove(0);
            }
            events.add(event);
        }
        listeners.forEach(listener -> listener.accept(event));
    }

    List<PlatformEvent> all() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }
}
