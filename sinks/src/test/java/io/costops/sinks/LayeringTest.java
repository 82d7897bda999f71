package io.costops.sinks;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.DisplayName;

@DisplayName("The layering of the sinks")
@AnalyzeClasses(packages = "io.costops.sinks", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
    @ArchTest
    static final ArchRule only_the_job_knows_flink_and_kafka = noClasses()
            .that()
            .resideOutsideOfPackage("..ledger..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.flink..", "org.apache.kafka..");

    @ArchTest
    static final ArchRule rows_know_no_network = noClasses()
            .that()
            .resideInAPackage("..rowbinary..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.net..", "io.costops.sinks.clickhouse..");

    @ArchTest
    static final ArchRule packages_form_no_cycle =
            slices().matching("io.costops.sinks.(*)..").should().beFreeOfCycles();
}
