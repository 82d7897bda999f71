package io.costops.ingest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.costops.ingest", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
    @ArchTest
    static final ArchRule normalisation_is_pure = noClasses()
            .that()
            .resideInAnyPackage("io.costops.ingest.normalise..", "io.costops.ingest.json..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.kafka..",
                    "org.apache.flink..",
                    "java.net..",
                    "java.sql..",
                    "com.sun.net..",
                    "io.micrometer..",
                    "io.costops.schemas.registry..",
                    "io.costops.schemas.wire..",
                    "com.fasterxml.jackson.databind..");

    @ArchTest
    static final ArchRule json_knows_nothing_of_usage = noClasses()
            .that()
            .resideInAPackage("io.costops.ingest.json..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.costops.ingest.normalise..", "io.costops.schemas..");
}
