package io.costops.enrichment.pricebook;

import io.costops.enrichment.pricebook.KeyMatch.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a model may be priced by, the best first.
 *
 * <p>Providers decorate a model's name with versions, dates and geographies that price lists leave out. Only those
 * are taken off: a model is never priced by a relative.
 */
final class PriceKeys {
    private static final List<String> WRAPPERS = List.of("models/", "bedrock/", "converse/", "invoke/");
    private static final List<String> GEOGRAPHIES =
            List.of("us-gov.", "us.", "eu.", "apac.", "jp.", "au.", "ca.", "global.");

    /** Google's resource names: publishers/google/models/NAME, after a project and a location or not. */
    private static final Pattern PUBLISHER = Pattern.compile("^(?:.*/)?publishers/[^/]+/models/(?=.)");

    private static final Pattern CONTEXT_SIZE = Pattern.compile(":\\d+k$");
    private static final Pattern VERSION = Pattern.compile(":\\d+$");
    private static final Pattern DASHED_DATE = Pattern.compile("-\\d{4}-\\d{2}-\\d{2}$");
    private static final Pattern PLAIN_DATE = Pattern.compile("-\\d{8}$");
    private static final Pattern REVISION_001 = Pattern.compile("-001$");
    private static final Pattern AT_VERSION = Pattern.compile("@.*$");
    private static final Pattern FINE_TUNE = Pattern.compile("^(ft:[^:]+):.*$");

    private PriceKeys() {}

    static List<KeyMatch> candidates(@Nullable String provider, String model, @Nullable String region) {
        String family = Providers.family(provider);
        String reported = model.strip().toLowerCase(Locale.ROOT);
        String priceRegion = priceRegion(family, region);
        List<KeyMatch> keys = new ArrayList<>();
        for (KeyMatch variant : variants(family, unwrapped(reported, provider, family))) {
            if (family != null) {
                if (priceRegion != null) {
                    keys.add(new KeyMatch(family + "/" + priceRegion + "/" + variant.key(), variant.rule()));
                }
                keys.add(new KeyMatch(family + "/" + variant.key(), variant.rule()));
            }
            keys.add(variant);
        }
        keys.add(new KeyMatch(reported, Rule.AS_REPORTED));
        return keys;
    }

    /** Only Azure's data zones and Bedrock's regions have prices of their own. */
    private static @Nullable String priceRegion(@Nullable String family, @Nullable String region) {
        if (family == null || region == null) {
            return null;
        }
        String name = region.toLowerCase(Locale.ROOT);
        return switch (family) {
            case Providers.AZURE -> name.equals("eu") || name.equals("us") ? name : null;
            case Providers.BEDROCK -> name;
            default -> null;
        };
    }

    private static String unwrapped(String reported, @Nullable String provider, @Nullable String family) {
        String name = reported.startsWith("arn:") ? reported.substring(reported.lastIndexOf('/') + 1) : reported;
        List<String> prefixes = new ArrayList<>(WRAPPERS);
        if (provider != null && family != null) {
            prefixes.add(provider.toLowerCase(Locale.ROOT) + "/");
            prefixes.add(family + "/");
        }
        boolean stripped = true;
        while (stripped) {
            stripped = false;
            for (String prefix : prefixes) {
                if (name.startsWith(prefix) && name.length() > prefix.length()) {
                    name = name.substring(prefix.length());
                    stripped = true;
                }
            }
            String published = PUBLISHER.matcher(name).replaceFirst("");
            if (!published.equals(name)) {
                name = published;
                stripped = true;
            }
        }
        return name;
    }

    /** The name itself, then with one more decoration off at a time. */
    private static List<KeyMatch> variants(@Nullable String family, String name) {
        Variants variants = new Variants(name);
        variants.replace(Rule.FINE_TUNE, FINE_TUNE, "$1");
        if (family == null) {
            variants.drop(Rule.WITHOUT_DATE, DASHED_DATE);
            variants.drop(Rule.WITHOUT_DATE, PLAIN_DATE);
            return variants.list();
        }
        switch (family) {
            case Providers.BEDROCK -> {
                variants.drop(Rule.WITHOUT_CONTEXT_SIZE, CONTEXT_SIZE);
                variants.dropPrefix(Rule.WITHOUT_GEOGRAPHY, GEOGRAPHIES);
                variants.drop(Rule.WITHOUT_VERSION, VERSION);
            }
            case Providers.VERTEX -> {
                variants.drop(Rule.BEFORE_AT, AT_VERSION);
                variants.drop(Rule.WITHOUT_001, REVISION_001);
                variants.drop(Rule.WITHOUT_DATE, PLAIN_DATE);
            }
            case Providers.GEMINI -> variants.drop(Rule.WITHOUT_001, REVISION_001);
            case Providers.OPENAI, Providers.AZURE -> variants.drop(Rule.WITHOUT_DATE, DASHED_DATE);
            case Providers.ANTHROPIC -> variants.drop(Rule.WITHOUT_DATE, PLAIN_DATE);
            case Providers.OPENROUTER -> {
                variants.drop(Rule.WITHOUT_DATE, DASHED_DATE);
                variants.drop(Rule.WITHOUT_DATE, PLAIN_DATE);
            }
            default -> {
                // The other providers' names stand in the price list as they are reported.
            }
        }
        return variants.list();
    }

    /** Each change works on the last variant; one that changes nothing adds none. */
    private static final class Variants {
        private final List<KeyMatch> list = new ArrayList<>();
        private String last;

        Variants(String name) {
            last = name;
            list.add(new KeyMatch(name, Rule.EXACT));
        }

        void replace(Rule rule, Pattern pattern, String replacement) {
            add(rule, pattern.matcher(last).replaceFirst(replacement));
        }

        void drop(Rule rule, Pattern suffix) {
            replace(rule, suffix, "");
        }

        void dropPrefix(Rule rule, List<String> prefixes) {
            for (String prefix : prefixes) {
                if (last.startsWith(prefix)) {
                    add(rule, last.substring(prefix.length()));
                    return;
                }
            }
        }

        private void add(Rule rule, String name) {
            if (!name.isEmpty() && !name.equals(last)) {
                last = name;
                list.add(new KeyMatch(name, rule));
            }
        }

        List<KeyMatch> list() {
            return list;
        }
    }
}
