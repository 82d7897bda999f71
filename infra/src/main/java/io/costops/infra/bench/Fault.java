package io.costops.infra.bench;

import java.time.Duration;

/** Something bad that happens to a platform. */
sealed interface Fault {

    /** In words, the same for each of its kind: it is counted by them. */
    String name();

    /** SIGKILL; the supervisor starts it again. */
    record Kill(String component) implements Fault {
        @Override
        public String name() {
            return "kill " + component;
        }
    }

    /** ClickHouse is not there for a while. */
    record ClickHouseAway(Duration length) implements Fault {
        @Override
        public String name() {
            return "ClickHouse away";
        }
    }

    /** ClickHouse answers queries and refuses rows, for want of space, for a while. */
    record ClickHouseFull(Duration length) implements Fault {
        @Override
        public String name() {
            return "ClickHouse out of space";
        }
    }

    /** Everything is killed at once with commits pending, and stays down for a while. */
    record Blackout(Duration length) implements Fault {
        @Override
        public String name() {
            return "everything killed at once";
        }
    }

    /** A job is stopped with a savepoint and goes on from there, as with a new version. */
    record Upgrade(String job) implements Fault {
        @Override
        public String name() {
            return "ask for an upgrade of " + job;
        }
    }
}
