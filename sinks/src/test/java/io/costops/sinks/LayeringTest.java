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
    static final ArchRule only_the_job_knows_flink = noClasses()
            .that()
            .resideOutsideOfPackage("..ledger..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.flink..");

    @ArchTest
    static final ArchRule only_the_job_and_the_notifiers_stream_know_kafka = noClasses()
            .that()
            .resideOutsideOfPackages("..ledger..", "io.costops.sinks.notify")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.kafka..");

    @ArchTest
    static final ArchRule messages_and_routes_know_no_network = noClasses()
            .that()
            .resideInAnyPackage("..notify.message..", "..notify.config..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.net.http..", "jakarta.mail..", "..notify.courier..", "..notify.lane..");

    @ArchTest
    static final ArchRule when_a_letter_is_tried_is_not_the_couriers_concern = noClasses()
            .that()
            .resideInAPackage("..notify.courier..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..notify.lane..", "io.github.resilience4j..");

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
