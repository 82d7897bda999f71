package io.costops.enrichment.pricing;

import io.costops.enrichment.pricebook.Conversion;
import io.costops.enrichment.pricebook.KeyTrial;
import io.costops.enrichment.pricebook.Multiplier;
import io.costops.enrichment.pricebook.Price;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricebook.PriceLookup;
import io.costops.enrichment.pricebook.RateCard;
import io.costops.enrichment.pricebook.ServiceTier;
import io.costops.enrichment.pricebook.TenantTerms;
import io.costops.enrichment.pricebook.UnitRate;
import io.costops.enrichment.pricing.Pricing.Free;
import io.costops.enrichment.pricing.Pricing.FreeReason;
import io.costops.enrichment.pricing.Pricing.Priced;
import io.costops.enrichment.pricing.Pricing.Refused;
import io.costops.enrichment.pricing.Pricing.Unpriced;
import io.costops.enrichment.pricing.Pricing.UnpricedReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Prices usage events: cost = sum of units x rate, in exact decimals. The public cost is never rounded; what comes out of
 * a percentage or an exchange rate is, once.
 *
 * <p>Holds no state: the same event and book always give the same outcome.
 */
public final class Pricer {
    /** Version of the pricing rules in this code; ledger entries name it. */
    public static final String RULE_VERSION = "1";

    /** Keys of an event's pricing_attributes that rates depend on. */
    public static final String SEARCH_CONTEXT_SIZE = "search_context_size";

    public static final String INFERENCE_GEO = "inference_geo";
    public static final String SPEED = "speed";
    public static final String PROCESSING_REGION = "processing_region";
    public static final String DATA_ZONE = "data_zone";

    /** Number of queries behind the web_search meter, for prices with web_search_billing_unit = per_query. */
    public static final String WEB_SEARCH_QUERIES = "web_search_queries";

    private static final Pattern WHOLE_NUMBER = Pattern.compile("[1-9][0-9]{0,8}");
    private static final Meter[] METERS = Meter.values();

    /**
     * Prices an event at its own time with the revisions that the book holds now.
     *
     * @param tenant whom it is charged to, after attribution; null if nobody says
     */
    public Pricing price(UsageEvent event, @Nullable String tenant, PriceBook book) {
        Pricing pricing = switch (event.getStatus()) {
            case BILLABLE -> event.getDeleted() ? new Free(FreeReason.NO_USAGE) : priceUnits(event, tenant, book);
            case NO_USAGE -> new Free(FreeReason.NO_USAGE);
            case GATEWAY_CACHE_HIT -> new Free(FreeReason.GATEWAY_CACHE_HIT);
            case UNKNOWN -> new Refused("status", "status must be BILLABLE, NO_USAGE or GATEWAY_CACHE_HIT");
        };
        return pricing instanceof Priced ? pricing : inCurrencyOf(tenant, pricing, event.getEventTime(), book);
    }

    /** What has no cost stands beside the tenant's costs, not in a currency that it is never billed in. */
    private static Pricing inCurrencyOf(@Nullable String tenant, Pricing pricing, Instant at, PriceBook book) {
        String currency = book.billingCurrency(tenant, at);
        if (currency == null) {
            return pricing;
        } else if (pricing instanceof Unpriced unpriced) {
            return new Unpriced(unpriced.reason(), unpriced.message(), unpriced.priceKey(), currency);
        }
        return pricing instanceof Free free ? new Free(free.reason(), currency) : pricing;
    }

    /** Prices an event for the tenant that it names itself. */
    public Pricing price(UsageEvent event, PriceBook book) {
        return price(event, event.getDimensions().getTenant(), book);
    }

    /** The keys that the event's public price is looked for under, up to the one that decides. */
    public List<KeyTrial> trials(UsageEvent event, PriceBook book) {
        String model = event.getModel();
        return model == null || model.isBlank()
                ? List.of()
                : book.trials(PriceBook.LIST, event.getProvider(), model, priceRegion(event), event.getEventTime());
    }

    private static Pricing priceUnits(UsageEvent event, @Nullable String tenant, PriceBook book) {
        Quantities quantities = Quantities.of(event.getMeters());
        Refused refused = quantities.refused();
        if (refused != null) {
            return refused;
        }
        String model = event.getModel();
        if (model == null || model.isBlank()) {
            return new Unpriced(UnpricedReason.UNKNOWN_MODEL, "the event names no model", null);
        }
        String region = priceRegion(event);
        Instant at = event.getEventTime();
        PriceLookup list = book.lookup(PriceBook.LIST, event.getProvider(), model, region, at);
        TenantTerms terms = book.terms(tenant, event.getProvider(), model, region, at);
        PriceLookup.Found found = list instanceof PriceLookup.Found listed ? listed : terms.negotiated();
        return found == null ? unpriced(list, event) : priceAt(found, terms, event, quantities, book);
    }

    private static Pricing priceAt(
            PriceLookup.Found found, TenantTerms terms, UsageEvent event, Quantities quantities, PriceBook book) {
        Price price = found.price();
        String pricingCurrency = terms.negotiated() == null
                ? price.currency()
                : terms.negotiated().price().currency();
        String billingCurrency = terms.billingCurrency(pricingCurrency);
        Conversion intoPricing = book.conversion(price.currency(), pricingCurrency, event.getEventTime());
        if (intoPricing == null) {
            return noExchangeRate(price, price.currency(), pricingCurrency, billingCurrency, event);
        }
        Conversion intoBilling = book.conversion(pricingCurrency, billingCurrency, event.getEventTime());
        if (intoBilling == null) {
            return noExchangeRate(price, pricingCurrency, billingCurrency, billingCurrency, event);
        }
        Derivation derivation = derivation(found, terms, intoPricing, intoBilling, event, quantities);
        Sum sum = new Sum(new Charge(derivation), quantities.count());
        for (Meter meter : METERS) {
            BigDecimal quantity = quantities.of(meter);
            if (quantity == null) {
                continue;
            }
            if (meter == Meter.WEB_SEARCH && price.billsSearchesByQuery()) {
                quantity = searchQueries(event, quantity);
            }
            if (!sum.add(meter, quantity)) {
                return refused("meters." + meter.wireName(), price);
            }
        }
        if (!sum.fits()) {
            return refused("meters", price);
        }
        if (sum.lines.isEmpty() && !sum.unrated.isEmpty()) {
            return new Unpriced(
                    UnpricedReason.NO_RATE,
                    "the price " + price.id() + " has no rate for what was used: import one that has",
                    price.key(),
                    billingCurrency);
        }
        return new Priced(
                price.key(),
                sum.charge.revisionIds(),
                pricingCurrency,
                billingCurrency,
                sum.charge.exchangeRateIds(),
                sum.lines,
                sum.list,
                sum.contracted,
                sum.billed,
                sum.billed,
                sum.unrated,
                derivation);
    }

    /** The lines of an event, added up. */
    private static final class Sum {
        private final Charge charge;
        private final List<PricedLine> lines;
        private Map<Meter, BigDecimal> unrated = Map.of();
        private BigDecimal list = BigDecimal.ZERO;
        private BigDecimal contracted = BigDecimal.ZERO;
        private BigDecimal billed = BigDecimal.ZERO;

        Sum(Charge charge, int meters) {
            this.charge = charge;
            this.lines = new ArrayList<>(meters);
        }

        /** False if the ledger can't hold what the meter costs. */
        boolean add(Meter meter, BigDecimal quantity) {
            UnitRate rate = charge.rate(meter);
            if (rate == null) {
                unrated = with(unrated, meter, quantity);
                return true;
            }
            PricedLine line = charge.line(meter, rate, quantity);
            if (line == null) {
                return false;
            }
            lines.add(line);
            BigDecimal listBefore = list;
            BigDecimal contractedBefore = contracted;
            list = list.add(line.listCost());
            contracted = sum(contracted, line.contractedCost(), listBefore, line.listCost(), list);
            billed = sum(billed, line.billedCost(), contractedBefore, line.contractedCost(), contracted);
            return true;
        }

        /** Where a tenant has no terms all costs are one and the same number: it is added up once. */
        @SuppressWarnings("ReferenceEquality") // what is not the same object is added up
        private static BigDecimal sum(
                BigDecimal before, BigDecimal cost, BigDecimal otherBefore, BigDecimal otherCost, BigDecimal otherSum) {
            return before == otherBefore && cost == otherCost ? otherSum : before.add(cost);
        }

        boolean fits() {
            return Amounts.fit(list) && Amounts.fit(contracted) && Amounts.fit(billed);
        }
    }

    private static Map<Meter, BigDecimal> with(Map<Meter, BigDecimal> unrated, Meter meter, BigDecimal quantity) {
        Map<Meter, BigDecimal> more = new EnumMap<>(Meter.class);
        more.putAll(unrated);
        more.put(meter, quantity);
        return more;
    }

    /** The meter counts responses that searched; a price by query wants the queries that the response names. */
    private static BigDecimal searchQueries(UsageEvent event, BigDecimal responses) {
        String queries = event.getPricingAttributes().get(WEB_SEARCH_QUERIES);
        return queries != null && WHOLE_NUMBER.matcher(queries).matches() ? new BigDecimal(queries) : responses;
    }

    private static Derivation derivation(
            PriceLookup.Found found,
            TenantTerms terms,
            Conversion intoPricing,
            Conversion intoBilling,
            UsageEvent event,
            Quantities quantities) {
        Price price = found.price();
        Derivation.Rates list = rates(price.card(), event, quantities);
        PriceLookup.Found negotiated = terms.negotiated();
        Derivation.Rates contracted = negotiated == null || negotiated.price() == price
                ? list
                : rates(negotiated.price().cardOver(price), event, quantities);
        return new Derivation(
                price, found.match(), list, contracted, terms, intoPricing, intoBilling, quantities.totalInputTokens());
    }

    private static Derivation.Rates rates(RateCard card, UsageEvent event, Quantities quantities) {
        Map<String, String> attributes = event.getPricingAttributes();
        return new Derivation.Rates(
                card.table(ServiceTier.of(event.getServiceTier()), quantities.totalInputTokens()),
                quantities.of(Meter.WEB_SEARCH) == null ? null : card.webSearch(attributes.get(SEARCH_CONTEXT_SIZE)),
                card.hasMultipliers()
                        ? card.multiplier(processingRegion(event), attributes.get(INFERENCE_GEO), attributes.get(SPEED))
                        : Multiplier.NONE);
    }

    private static Unpriced noExchangeRate(
            Price price, String from, String to, String billingCurrency, UsageEvent event) {
        return new Unpriced(
                UnpricedReason.NO_EXCHANGE_RATE,
                "no exchange rate between " + from + " and " + to + " holds at " + event.getEventTime() + ": put "
                        + from + "/" + to,
                price.key(),
                billingCurrency);
    }

    private static Refused refused(String field, Price price) {
        return new Refused(
                field,
                "the cost by " + price.id() + " does not fit the ledger's decimal(76, 30): check the quantity"
                        + " and the rate");
    }

    private static Unpriced unpriced(PriceLookup lookup, UsageEvent event) {
        String model = (event.getProvider() == null ? "" : event.getProvider() + " ") + event.getModel();
        if (lookup instanceof PriceLookup.NotYetEffective later) {
            return new Unpriced(
                    UnpricedReason.NOT_YET_EFFECTIVE,
                    "the first price of " + model + ", " + later.priceKey() + ", holds from "
                            + later.firstEffectiveFrom(),
                    later.priceKey());
        }
        if (lookup instanceof PriceLookup.Withdrawn withdrawn) {
            return new Unpriced(
                    UnpricedReason.WITHDRAWN,
                    "the price of " + model + " was withdrawn by "
                            + withdrawn.price().id(),
                    withdrawn.price().key());
        }
        return new Unpriced(UnpricedReason.UNKNOWN_MODEL, "no price is known for " + model, null);
    }

    /** The region that a price key may name: Azure's data zone, Bedrock's region. */
    private static @Nullable String priceRegion(UsageEvent event) {
        String zone = event.getPricingAttributes().get(DATA_ZONE);
        return zone != null ? zone : event.getRegion();
    }

    /** The region that OpenAI's uplift goes by. */
    private static @Nullable String processingRegion(UsageEvent event) {
        String region = event.getPricingAttributes().get(PROCESSING_REGION);
        return region != null ? region : event.getRegion();
    }
}
