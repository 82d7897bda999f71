package io.costops.infra.books;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.schemas.avro.PriceRevision;
import java.util.TreeMap;

/** Price revisions as JSON, every field of them, in the form that {@link RevisionFile} reads. */
public final class RevisionJson {
    private RevisionJson() {}

    /** Numbers are texts, so that no reader rounds them. */
    public static ObjectNode of(PriceRevision price) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("scope", price.getScope());
        node.put("price_key", price.getPriceKey());
        node.put("provider", price.getProvider());
        node.put("effective_from", price.getEffectiveFrom().toString());
        node.put("recorded_at", price.getRecordedAt().toString());
        node.put("withdrawn", price.getWithdrawn());
        node.put("currency", price.getCurrency());
        ObjectNode rates = node.putObject("rates");
        new TreeMap<>(price.getRates()).forEach((field, rate) -> rates.put(field, Plain.of(rate)));
        ArrayNode tiers = node.putArray("tiers");
        price.getTiers().forEach(tier -> {
            ObjectNode tierNode = tiers.addObject();
            tierNode.put("above_input_tokens", tier.getAboveInputTokens());
            tierNode.put("up_to_input_tokens", tier.getUpToInputTokens());
            ObjectNode tierRates = tierNode.putObject("rates");
            new TreeMap<>(tier.getRates()).forEach((field, rate) -> tierRates.put(field, Plain.of(rate)));
        });
        ObjectNode attributes = node.putObject("attributes");
        new TreeMap<>(price.getAttributes()).forEach(attributes::put);
        node.put("unit_checked", price.getUnitChecked());
        node.put("source", price.getSource());
        return node;
    }
}
