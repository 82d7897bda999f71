package io.costops.infra.cli;

import io.costops.infra.books.BookTopic;
import io.costops.infra.ledger.CurrentPrices;
import io.costops.infra.ledger.LedgerReader;
import io.costops.infra.ledger.LedgerTail;
import io.costops.infra.ledger.MonthEnd;
import io.costops.infra.ledger.RequestTopic;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import java.net.URI;
import java.time.Clock;
import picocli.CommandLine.Mixin;

/** How the commands about the ledger reach it and those who speak for it. */
final class LedgerAccess {
    private static final String DATABASE = "costops";

    /** The enrichment job's consumer group, by its default. */
    private static final String JOB_GROUP = "costops-enrichment";

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    PlatformAddresses addresses() {
        return data.addresses();
    }

    LedgerReader ledger() {
        return new LedgerReader(addresses().requireClickHouse().connect(), DATABASE);
    }

    SchemaRegistry registry() {
        return new ConfluentSchemaRegistry(URI.create(addresses().requireSchemaRegistry()));
    }

    RequestTopic requests() {
        return new RequestTopic(addresses().requireKafka(), registry());
    }

    LedgerTail tail() {
        return new LedgerTail(addresses().requireKafka(), registry(), ledger());
    }

    MonthEnd monthEnd() {
        return new MonthEnd(
                ledger(),
                BookTopic.periods(addresses().requireKafka(), registry()),
                tail(),
                addresses().requireKafka(),
                JOB_GROUP,
                Clock.systemUTC());
    }

    CurrentPrices prices() {
        return new CurrentPrices(
                BookTopic.prices(addresses().requireKafka(), registry()).read().revisions());
    }
}
