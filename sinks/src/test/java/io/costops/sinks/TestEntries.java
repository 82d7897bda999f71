package io.costops.sinks;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.avro.LedgerLine;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.RejectedUsage;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Ledger entries and rejects for tests. */
public final class TestEntries {
    public static final Instant NOON = Instant.parse("2026-07-14T12:00:00.123456Z");

    private TestEntries() {}

    /** One request of two lines that cost 0.0050 and 0.0030 dollars. */
    public static LedgerEntry entry(String eventId, Instant time) {
        LedgerLine input = line("uncached_input", "2000", "0.0000025");
        LedgerLine output = line("output_text", "300", "0.00001");
        return blank(eventId, time)
                .setInputTokens(2000)
                .setOutputTokens(300)
                .setLines(List.of(input, output))
                .setListCost(amount("0.008"))
                .setContractedCost(amount("0.008"))
                .setBilledCost(amount("0.008"))
                .setEffectiveCost(amount("0.008"))
                .build();
    }

    public static LedgerLine line(String meter, String quantity, String unitPrice) {
        BigDecimal cost = amount(new BigDecimal(quantity).multiply(new BigDecimal(unitPrice)));
        return LedgerLine.newBuilder()
                .setMeter(meter)
                .setQuantity(amount(quantity))
                .setListUnitPrice(amount(unitPrice))
                .setContractedUnitPrice(amount(unitPrice))
                .setListCost(cost)
                .setContractedCost(cost)
                .setBilledCost(cost)
                .setEffectiveCost(cost)
                .setPriceField(meter.endsWith("input") ? "input_cost_per_token" : "output_cost_per_token")
                .build();
    }

    /** A usage entry without lines and costs, for a test to fill in. */
    public static LedgerEntry.Builder blank(String eventId, Instant time) {
        return LedgerEntry.newBuilder()
                .setEntryId(UUID.nameUUIDFromBytes((eventId + time).getBytes(StandardCharsets.UTF_8))
                        .toString()
                        .replace("-", ""))
                .setEventId(eventId)
                .setRevision(0)
                .setSequence(0)
                .setKind(EntryKind.USAGE)
                .setStatus(EntryStatus.PRICED)
                .setEventTime(time)
                .setBillingPeriod(month(time))
                .setRecordedAt(time.plusSeconds(2))
                .setReceivedAt(time.plusSeconds(1))
                .setSourceKind("openai.chat")
                .setProvider("openai")
                .setModel("gpt-4o")
                .setDimensions(Dimensions.newBuilder()
                        .setTenant("acme")
                        .setProject("chatbot")
                        .setEnvironment("prod")
                        .setTeam("ml")
                        .build())
                .setRequests(1)
                .setInputTokens(0)
                .setOutputTokens(0)
                .setOrigin(new Origin("usage.raw", 0, 17L, null));
    }

    /** Entries of any kind, tenant and price, some of them unpriced, over a number of months. */
    public static List<LedgerEntry> random(long seed, int count, int months) {
        Random random = new Random(seed);
        List<LedgerEntry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            entries.add(random(random, "event-" + seed + "-" + i, months));
        }
        return entries;
    }

    private static LedgerEntry random(Random random, String eventId, int months) {
        Instant time = LocalDate.of(2026, 1, 1)
                .plusMonths(random.nextInt(months))
                .plusDays(random.nextInt(28))
                .atStartOfDay()
                .toInstant(ZoneOffset.UTC)
                .plusNanos(random.nextInt(86_400_000) * 1_000_000L + random.nextInt(1000) * 1_000L);
        List<EntryKind> kinds = List.of(EntryKind.USAGE, EntryKind.USAGE, EntryKind.REVERSAL, EntryKind.ADJUSTMENT);
        EntryKind kind = kinds.get(random.nextInt(kinds.size()));
        int sign = kind == EntryKind.REVERSAL ? -1 : 1;
        boolean priced = random.nextInt(10) > 0;
        List<LedgerLine> lines = new ArrayList<>();
        BigDecimal total = BigDecimal.ZERO;
        long input = sign * (long) random.nextInt(100_000);
        long output = sign * (long) random.nextInt(10_000);
        for (Map.Entry<String, Long> meter :
                Map.of("uncached_input", input, "output_text", output).entrySet()) {
            BigDecimal unitPrice = new BigDecimal(new BigInteger(60, random), 23);
            LedgerLine line = line(meter.getKey(), meter.getValue().toString(), unitPrice.toPlainString());
            if (!priced) {
                line.setListUnitPrice(null);
                line.setContractedUnitPrice(null);
                line.setListCost(null);
                line.setContractedCost(null);
                line.setBilledCost(null);
                line.setEffectiveCost(null);
            } else {
                total = total.add(line.getBilledCost());
            }
            lines.add(line);
        }
        BigDecimal cost = priced ? amount(total) : null;
        LedgerEntry entry = blank(eventId, time)
                .setKind(kind)
                .setStatus(priced ? EntryStatus.PRICED : EntryStatus.UNPRICED)
                .setRequests(kind == EntryKind.ADJUSTMENT ? 0 : sign)
                .setInputTokens(input)
                .setOutputTokens(output)
                .setLines(lines)
                .setListCost(cost)
                .setContractedCost(cost)
                .setBilledCost(cost)
                .setEffectiveCost(cost)
                .setModel("model-" + random.nextInt(5))
                .setTags(Map.of("k", "v" + random.nextInt(3)))
                .build();
        entry.getDimensions().setTenant("tenant-" + random.nextInt(4));
        entry.getDimensions().setProject(random.nextInt(5) == 0 ? null : "project-" + random.nextInt(3));
        return entry;
    }

    public static RejectedUsage rejected(String tenant, long offset) {
        return RejectedUsage.newBuilder()
                .setReason(RejectReason.MISSING_FIELD)
                .setField("payload.model")
                .setMessage("model is missing: name the model that answered")
                .setStage("usage-ingest")
                .setOriginal(ByteBuffer.wrap(new byte[] {0, (byte) 0xFF, '{', (byte) 0x80}))
                .setOriginalKey(null)
                .setHeaders(Map.of("trace", ByteBuffer.wrap(new byte[] {1, (byte) 0xFE})))
                .setTenant(tenant)
                .setReceivedAt(NOON)
                .setRejectedAt(NOON.plusMillis(offset))
                .setOrigin(new Origin("usage.raw", 3, offset, null))
                .build();
    }

    public static LocalDate month(Instant time) {
        return time.atZone(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1);
    }

    /** At the ledger's scale, as Avro hands it over. */
    public static BigDecimal amount(String value) {
        return amount(new BigDecimal(value));
    }

    public static BigDecimal amount(BigDecimal value) {
        return value.setScale(30);
    }
}
