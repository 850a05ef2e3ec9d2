package io.hazelgate.engine;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each package imports what its package-info says, and no more. */
class PackagesTest {
    private static final String ROOT = PackagesTest.class.getPackageName();
    private static final JavaClasses ENGINE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    private static final Set<String> WIRE = Set.of("wire");
    private static final Set<String> VIEWS = with(WIRE, "lanes", "network");
    private static final Set<String> INDEX = with(WIRE, "views");
    private static final Set<String> LOG = with(INDEX, "index");
    private static final Set<String> FOLD = with(WIRE, "log", "projector", "views");
    private static final Set<String> LIVE = with(FOLD, "fold", "lanes", "network");
    private static final Set<String> LETTERS = with(LIVE, "live", "index");
    private static final Set<String> SNAPSHOT = with(LIVE, "live");
    private static final Set<String> REBUILD = with(LETTERS, "letters", "snapshot");
    private static final Set<String> RESTORE = with(REBUILD, "rebuild");
    private static final Set<String> TASKS = with(RESTORE, "restore");

    private static Set<String> with(Set<String> packages, String... more) {
        Set<String> all = new TreeSet<>(packages);
        all.addAll(Set.of(more));
        return all;
    }

    private static DynamicTest only(String name, Set<String> imports) {
        String[] allowed = Stream.concat(imports.stream(), Stream.of(name))
                .map(each -> ROOT + '.' + each)
                .toArray(String[]::new);
        return DynamicTest.dynamicTest(name, () -> classes()
                .that()
                .resideInAPackage(ROOT + '.' + name)
                .should()
                .onlyDependOnClassesThat(resideOutsideOfPackage(ROOT + "..").or(resideInAnyPackage(allowed)))
                .check(ENGINE));
    }

    @TestFactory
    Stream<DynamicTest> aPackageImportsWhatIsBelowIt() {
        return Stream.of(
                only("wire", Set.of()),
                only("network", WIRE),
                only("lanes", WIRE),
                only("projector", WIRE),
                only("views", VIEWS),
                only("index", INDEX),
                only("log", LOG),
                only("fold", FOLD),
                only("live", LIVE),
                only("letters", LETTERS),
                only("snapshot", SNAPSHOT),
                only("rebuild", REBUILD),
                only("restore", RESTORE),
                only("tasks", TASKS));
    }

    @Test
    void noneIsInACircle() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(ENGINE);
    }

    @Test
    void nobodyButTheMemberKnowsTheWholeEngine() {
        noClasses()
                .that(resideOutsideOfPackage(ROOT))
                .should()
                .dependOnClassesThat(resideInAPackage(ROOT))
                .check(ENGINE);
    }

    /** Locale, time zone and charset of the machine change nothing: whoever has a choice names one. */
    @Test
    void nothingRestsOnTheMachinesSurroundings() {
        Set<String> resting = Set.of(
                "java.lang.String.format(java.lang.String, [Ljava.lang.Object;)",
                "java.lang.String.formatted([Ljava.lang.Object;)",
                "java.lang.String.toUpperCase()",
                "java.lang.String.toLowerCase()",
                "java.lang.String.getBytes()",
                "java.lang.String.<init>([B)",
                "java.lang.String.<init>([B, int, int)",
                "java.io.ByteArrayOutputStream.toString()",
                "java.io.InputStreamReader.<init>(java.io.InputStream)",
                "java.io.OutputStreamWriter.<init>(java.io.OutputStream)",
                "java.io.PrintStream.printf(java.lang.String, [Ljava.lang.Object;)",
                "java.io.PrintStream.format(java.lang.String, [Ljava.lang.Object;)",
                "java.lang.Process.inputReader()",
                "java.lang.Process.errorReader()",
                "java.time.format.DateTimeFormatter.ofPattern(java.lang.String)",
                "java.time.format.DateTimeFormatterBuilder.toFormatter()",
                "java.time.ZoneId.systemDefault()",
                "java.time.LocalDate.now()",
                "java.time.LocalDateTime.now()",
                "java.time.LocalTime.now()",
                "java.time.OffsetDateTime.now()",
                "java.time.ZonedDateTime.now()",
                "java.util.Locale.getDefault()",
                "java.util.TimeZone.getDefault()",
                "java.nio.charset.Charset.defaultCharset()");
        noClasses()
                .should()
                .callCodeUnitWhere(target(fullName(resting)))
                .orShould()
                .dependOnClassesThat(assignableTo(java.text.Format.class)
                        .or(assignableTo(java.io.FileReader.class))
                        .or(assignableTo(java.io.FileWriter.class))
                        .or(assignableTo(java.util.Calendar.class))
                        .or(assignableTo(java.util.Scanner.class)))
                .check(ENGINE);
    }

    private static DescribedPredicate<HasName.AndFullName> fullName(Set<String> names) {
        return DescribedPredicate.describe("one of them", called -> names.contains(called.getFullName()));
    }

    @Test
    void everyPackageIsListed() {
        Set<String> listed = with(TASKS, "tasks");
        noClasses()
                .should()
                .resideOutsideOfPackages(
                        Stream.concat(Stream.of(ROOT), listed.stream().map(each -> ROOT + '.' + each))
                                .toArray(String[]::new))
                .check(ENGINE);
    }
}
