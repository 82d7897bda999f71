package io.costops.ingest.normalise;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where OpenAI or Azure processed a call, as far as a price depends on it. */
final class OpenAiRegions {
    private OpenAiRegions() {}

    static void read(String provider, CallContext context, CallUsage.Builder call) {
        call.region(context.region());
        if (provider.equals(Providers.OPENAI)) {
            call.pricingAttribute(PricingAttributes.PROCESSING_REGION, processingRegion(context));
        } else if (provider.equals(Providers.AZURE)) {
            call.pricingAttribute(PricingAttributes.DEPLOYMENT_TYPE, context.deploymentType());
            call.pricingAttribute(PricingAttributes.DATA_ZONE, dataZone(context));
        }
    }

    /** Regional processing is a matter of the address that was called: eu.api.openai.com. */
    private static @Nullable String processingRegion(CallContext context) {
        String region = context.region() == null ? "" : context.region().toLowerCase(Locale.ROOT);
        if (region.equals("eu") || region.equals("us")) {
            return region;
        }
        // Any other region is the caller's own, which says nothing of OpenAI's.
        String address = context.apiBase();
        if (address == null) {
            return null;
        }
        String lower = address.toLowerCase(Locale.ROOT);
        if (lower.contains("//eu.api.openai.com")) {
            return "eu";
        }
        return lower.contains("//us.api.openai.com") ? "us" : null;
    }

    /** A region called eu or us is a data zone; a region within one is its zone only for a data-zone deployment. */
    private static @Nullable String dataZone(CallContext context) {
        String region = context.region();
        String type = context.deploymentType();
        boolean zoned = type != null && type.toLowerCase(Locale.ROOT).startsWith("datazone");
        if (region == null || (type != null && !zoned)) {
            return null;
        }
        String lower = region.toLowerCase(Locale.ROOT);
        if (lower.equals("eu") || lower.equals("us")) {
            return lower;
        }
        if (!zoned) {
            return null;
        }
        if (lower.endsWith("us") || lower.contains("us2") || lower.contains("us3")) {
            return "us";
        }
        return isEuropean(lower) ? "eu" : null;
    }

    private static boolean isEuropean(String region) {
        return region.endsWith("europe")
                || region.startsWith("sweden")
                || region.startsWith("france")
                || region.startsWith("germany")
                || region.startsWith("poland")
                || region.startsWith("italy")
                || region.startsWith("spain");
    }
}
