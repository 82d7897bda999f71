package io.costops.enrichment;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.costops.enrichment", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
    @ArchTest
    static final ArchRule the_domain_knows_no_engine_no_broker_and_no_database = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.costops.enrichment.position..",
                    "io.costops.enrichment.pricing..",
                    "io.costops.enrichment.pricebook..",
                    "io.costops.enrichment.attribution..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.flink..",
                    "org.apache.kafka..",
                    "java.sql..",
                    "java.net..",
                    "io.costops.enrichment.job..",
                    "io.costops.schemas.registry..",
                    "io.costops.schemas.wire..");

    @ArchTest
    static final ArchRule kafka_is_known_at_the_jobs_ends_only = noClasses()
            .that()
            .haveSimpleNameNotStartingWith("Kafka")
            .and()
            .doNotHaveSimpleName("SourceRecordReader")
            .and()
            .doNotHaveSimpleName("AvroRecordWriter")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka..", "org.apache.flink.connector.kafka..");

    @ArchTest
    static final ArchRule packages_form_no_cycle =
            slices().matching("io.costops.enrichment.(*)..").should().beFreeOfCycles();
}
