package io.costops.anomaly;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.costops.anomaly", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
    @ArchTest
    static final ArchRule detection_and_forecast_know_only_the_jdk = noClasses()
            .that()
            .resideInAnyPackage("io.costops.anomaly.detection..", "io.costops.anomaly.forecast..")
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages(
                    "java.lang..",
                    "java.math..",
                    "java.nio..",
                    "java.time..",
                    "java.util..",
                    "org.jspecify..",
                    "io.costops.anomaly.detection..",
                    "io.costops.anomaly.forecast..");

    @ArchTest
    static final ArchRule backtests_run_the_pure_classes_over_files = noClasses()
            .that()
            .resideInAPackage("io.costops.anomaly.backtest..")
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages(
                    "java..",
                    "org.jspecify..",
                    "io.costops.anomaly.detection..",
                    "io.costops.anomaly.forecast..",
                    "io.costops.anomaly.backtest..",
                    "io.costops.anomaly.chart..");
}
