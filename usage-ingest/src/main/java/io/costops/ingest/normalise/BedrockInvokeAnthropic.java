package io.costops.ingest.normalise;

import io.costops.ingest.json.Json;

/** Anthropic's models by Bedrock's InvokeModel, bare or in a log: Anthropic's usage at Bedrock's prices. */
final class BedrockInvokeAnthropic implements PayloadParser {
    private final AnthropicMessages messages = new AnthropicMessages(Providers.BEDROCK);

    @Override
    public Parsing parse(Json payload, CallContext context) {
        InvocationLog log = InvocationLog.of(payload);
        Json body = log.body();
        if (body == null) {
            Fields fields = new Fields();
            CallUsage.Builder call = CallUsage.of(Providers.BEDROCK)
                    .noUsage()
                    .responseId(log.requestId(fields))
                    .serviceTier(context.serviceTier(null))
                    .outcome(log.outcome());
            log.furnish(fields, context, call);
            return Parsing.of(fields, call);
        }
        return messages.parse(body, context, (fields, call) -> log.furnish(fields, context, call));
    }
}
