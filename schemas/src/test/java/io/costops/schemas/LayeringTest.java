package io.costops.schemas;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.costops.schemas", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
    @ArchTest
    static final ArchRule only_the_registry_package_knows_the_confluent_client = noClasses()
            .that()
            .resideOutsideOfPackage("io.costops.schemas.registry..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.flink..", "org.apache.kafka..");

    @ArchTest
    static final ArchRule values_know_only_the_jdk = noClasses()
            .that()
            .resideInAPackage("io.costops.schemas.value..")
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages("java..", "io.costops.schemas.value..", "org.jspecify..");
}
