package io.costops.anomaly.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.anomaly.watch.Sums;
import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the watch keeps of a ledger entry")
class ReadUsageTest {
    private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

    private final ReadUsage read = new ReadUsage(Duration.ofHours(1));

    @Test
    void is_its_usage_and_its_place() {
        LedgerEntry entry =
                entry(EntryKind.USAGE, EntryStatus.PRICED, 1, "0.0125").build();

        Usage usage = read.map(entry);

        assertThat(usage.place().tenant()).isEqualTo("acme");
        assertThat(usage.place().project()).isEmpty();
        assertThat(usage.scope()).containsEntry("model", "gpt-5").doesNotContainKey("project");
        assertThat(usage.sums().requests()).isEqualTo(1);
        assertThat(usage.sums().cost()).isEqualByComparingTo("0.0125");
        assertThat(usage.sums().history()).isZero();
        assertThat(usage.billedCost()).isEqualByComparingTo("0.0125");
    }

    @Test
    void happened_no_later_than_we_heard_of_it() {
        LedgerEntry ahead = entry(EntryKind.USAGE, EntryStatus.PRICED, 1, "1")
                .setEventTime(NOON.plus(Duration.ofMinutes(50)))
                .build();

        assertThat(read.map(ahead).timeMillis()).isEqualTo(NOON.toEpochMilli());
        assertThat(read.map(ahead).eventTimeMillis())
                .as("the charge period goes by the event time")
                .isEqualTo(NOON.plus(Duration.ofMinutes(50)).toEpochMilli());
    }

    @Test
    void is_history_if_it_was_received_long_after_it_happened() {
        LedgerEntry old = entry(EntryKind.USAGE, EntryStatus.PRICED, 1, "1")
                .setEventTime(NOON.minus(Duration.ofHours(2)))
                .build();

        assertThat(read.map(old).sums().isHistory()).isTrue();
    }

    @Test
    void counts_failures_and_further_attempts() {
        Sums failed = read.map(entry(EntryKind.USAGE, EntryStatus.NO_USAGE, 1, "0")
                        .setOutcome("Error")
                        .build())
                .sums();
        Sums again = read.map(entry(EntryKind.USAGE, EntryStatus.PRICED, 1, "1")
                        .setAttempt(3)
                        .build())
                .sums();
        Sums nothing = read.map(
                        entry(EntryKind.USAGE, EntryStatus.NO_USAGE, 1, "0").build())
                .sums();

        assertThat(failed.failed()).isEqualTo(1);
        assertThat(again.failed()).isZero();
        assertThat(again.retried()).isEqualTo(1);
        assertThat(nothing).isEqualTo(Sums.NOTHING);
    }

    @Test
    void shows_what_the_prompt_cache_saved() {
        Sums sums = read.map(entry(EntryKind.USAGE, EntryStatus.PRICED, 1, "0.0105")
                        .setLines(List.of(
                                line("uncached_input", "1000", "0.00001"), line("cache_read", "500", "0.000001")))
                        .build())
                .sums();

        assertThat(sums.cachedTokens()).isEqualTo(500);
        assertThat(sums.costWithoutCache()).isEqualByComparingTo("0.015");
    }

    @Test
    void of_corrections_is_never_usage() {
        Sums reversal = read.map(entry(EntryKind.REVERSAL, EntryStatus.PRICED, -1, "-0.5")
                        .build())
                .sums();
        Sums adjustment = read.map(
                        entry(EntryKind.ADJUSTMENT, EntryStatus.PRICED, 0, "7").build())
                .sums();
        Usage allocation =
                read.map(entry(EntryKind.ALLOCATION, EntryStatus.PRICED, 0, "3").build());

        assertThat(reversal.requests()).isZero();
        assertThat(reversal.correctedRequests()).isEqualTo(-1);
        assertThat(reversal.correctedCost()).isEqualByComparingTo("-0.5");
        assertThat(adjustment.requests()).isZero();
        assertThat(adjustment.repricedRequests()).isEqualTo(1);
        assertThat(allocation.sums()).isEqualTo(Sums.NOTHING);
        assertThat(allocation.billedCost()).as("budgets count it").isEqualByComparingTo("3");
    }

    private static LedgerLine line(String meter, String quantity, String price) {
        return LedgerLine.newBuilder()
                .setMeter(meter)
                .setQuantity(decimal(quantity))
                .setContractedUnitPrice(decimal(price))
                .build();
    }

    private static LedgerEntry.Builder entry(EntryKind kind, EntryStatus status, int requests, String cost) {
        return LedgerEntry.newBuilder()
                .setEntryId("e")
                .setEventId("e")
                .setRevision(0)
                .setSequence(0)
                .setKind(kind)
                .setStatus(status)
                .setEventTime(NOON.minusSeconds(1))
                .setBillingPeriod(LocalDate.of(2026, 3, 1))
                .setRecordedAt(NOON.plusSeconds(1))
                .setReceivedAt(NOON)
                .setSourceKind("openai.chat")
                .setModel("gpt-5")
                .setDimensions(Dimensions.newBuilder().setTenant("acme").build())
                .setRequests(requests)
                .setInputTokens(1_000)
                .setOutputTokens(100)
                .setBilledCost(decimal(cost))
                .setEffectiveCost(decimal(cost))
                .setOrigin(new Origin("t", 0, 0L, null));
    }

    private static BigDecimal decimal(String text) {
        return LedgerDecimal.fit(new BigDecimal(text), "amount");
    }
}
