package io.costops.ingest.http;

import java.util.concurrent.Executor;
import org.eclipse.jetty.util.thread.Scheduler;

/** What every exchange needs and all of them share. */
record Desk(
        HttpConfig config,
        Limits limits,
        MemoryBudget budget,
        RateLimits rates,
        RawTopic topic,
        DoorMetrics metrics,
        Scheduler scheduler,
        Executor executor) {}
