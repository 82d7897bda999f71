package io.costops.infra.demo;

import io.costops.infra.demo.Workload.Owner;
import io.costops.infra.demo.Workload.Prompts;
import io.costops.infra.demo.Workload.Tier;
import io.costops.schemas.avro.AttributionPrecedence;
import io.costops.schemas.avro.AttributionRule;
import io.costops.schemas.avro.Dimensions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The companies of the demo: five tenants, what they use models for, and the rules that say who pays. */
public final class DemoCompanies {
    /** The key that the incident befalls. */
    static final String AGENT_KEY = "key-cobalt-agent";

    /** The key that moves to another team in the middle of the month. */
    static final String MOVED_KEY = "key-driftwood-assistant";

    static final String TEAM_AFTER_MOVE = "digital-channels";

    private static final List<Tier> STANDARD = List.of(Tier.STANDARD);

    private static final List<Workload> WORKLOADS = List.of(
            // acme, a retailer, an hour east of Greenwich
            new Workload(
                    owner("acme", "support", "chatbot", "prod", "conversations", "AC-410"),
                    true,
                    "key-acme-chatbot",
                    "answers",
                    "inference",
                    Door.OPENAI,
                    List.of(Model.GPT_5_4_MINI, Model.GPT_5_4_MINI, Model.GPT_5_4_NANO),
                    Rhythm.CONSUMER,
                    1,
                    .20,
                    .25,
                    900,
                    Prompts.of(1_900, .6, 260).cached(.55, 0).in("shorter-greeting"),
                    STANDARD),
            new Workload(
                    owner("acme", "shop", "search", "prod", "discovery", "AC-220"),
                    false,
                    "key-acme-search",
                    "query-rewrite",
                    "inference",
                    Door.OPENAI,
                    List.of(Model.GPT_5_4_NANO),
                    Rhythm.CONSUMER,
                    1,
                    .12,
                    .15,
                    1_200,
                    Prompts.of(420, .35, 40),
                    STANDARD),
            new Workload(
                    owner("acme", "shop", "catalogue", "prod", "content", "AC-230"),
                    true,
                    "key-acme-catalogue",
                    "descriptions",
                    "batch",
                    Door.OPENAI,
                    List.of(Model.GPT_4_1_MINI),
                    Rhythm.NIGHTLY,
                    1,
                    .06,
                    .05,
                    3,
                    Prompts.of(1_400, .4, 380).cached(.4, 0),
                    List.of(Tier.BATCH)),
            new Workload(
                    owner("acme", "marketing", "newsroom", "prod", "brand", "AC-510"),
                    true,
                    "key-acme-newsroom",
                    "research",
                    "inference",
                    Door.OPENAI,
                    List.of(Model.GPT_4O_SEARCH),
                    Rhythm.OFFICE,
                    1,
                    .01,
                    .3,
                    14,
                    Prompts.of(700, .5, 600).searching(.9),
                    STANDARD),
            // borealis, a haulier on the American east coast, everything through LiteLLM
            new Workload(
                    owner("borealis", "operations", "dispatch", "prod", "routing", "BO-11"),
                    true,
                    "key-borealis-dispatch",
                    "route-notes",
                    "inference",
                    Door.LITELLM,
                    List.of(Model.GEMINI_FLASH, Model.GEMINI_FLASH, Model.MISTRAL_SMALL),
                    Rhythm.STEADY,
                    -5,
                    .12,
                    .1,
                    60,
                    Prompts.of(2_600, .5, 300).cached(.35, 0),
                    STANDARD),
            new Workload(
                    owner("borealis", "customer-care", "helpdesk", "prod", "care", "BO-32"),
                    true,
                    "key-borealis-helpdesk",
                    "triage",
                    "inference",
                    Door.LITELLM,
                    List.of(Model.OWN_SUPPORT_8B, Model.DEEPSEEK_CHAT, Model.GEMINI_PRO),
                    Rhythm.OFFICE,
                    -5,
                    .05,
                    .2,
                    45,
                    Prompts.of(1_100, .5, 180).cached(.25, 0),
                    STANDARD),
            new Workload(
                    owner("borealis", "finance", "invoices", "prod", "back-office", "BO-40"),
                    false,
                    "key-borealis-invoices",
                    "extraction",
                    "inference",
                    Door.LITELLM,
                    List.of(Model.AZURE_GPT_4_1),
                    Rhythm.OFFICE,
                    -5,
                    .04,
                    0,
                    12,
                    Prompts.of(4_800, .45, 420).cached(.3, 0),
                    STANDARD),
            // cobalt, a software house on the American west coast
            new Workload(
                    owner("cobalt", "engineering", "code-agent", "prod", "platform", "CO-100"),
                    true,
                    AGENT_KEY,
                    "agent",
                    "inference",
                    Door.ANTHROPIC,
                    List.of(
                            Model.CLAUDE_SONNET_5,
                            Model.CLAUDE_SONNET_5,
                            Model.CLAUDE_SONNET_5,
                            Model.CLAUDE_OPUS_4_8,
                            Model.CLAUDE_HAIKU_4_5),
                    Rhythm.OFFICE,
                    -8,
                    .14,
                    .4,
                    70,
                    Prompts.of(24_000, .8, 520).cached(.75, .3).byAgents(),
                    STANDARD),
            new Workload(
                    owner("cobalt", "engineering", "ci-review", "staging", "developer-tools", "CO-120"),
                    false,
                    "key-cobalt-review",
                    "pull-requests",
                    "inference",
                    Door.OPENAI,
                    List.of(Model.GPT_5_4),
                    Rhythm.OFFICE,
                    -8,
                    .05,
                    .2,
                    70,
                    Prompts.of(9_500, .7, 900).cached(.5, 0),
                    List.of(Tier.STANDARD, Tier.STANDARD, Tier.FLEX, Tier.FLEX, Tier.PRIORITY)),
            new Workload(
                    owner("cobalt", "research", "evals", "dev", "models", "CO-300"),
                    true,
                    "key-cobalt-evals",
                    "regression-suite",
                    "evaluation",
                    Door.OPENAI,
                    List.of(Model.O4_MINI, Model.GPT_5_6_TERRA),
                    Rhythm.NIGHTLY,
                    -8,
                    .03,
                    0,
                    4,
                    Prompts.of(3_200, .5, 1_500).cached(.3, .2).in("grader"),
                    STANDARD),
            // driftwood, a bank in Greenwich's time
            new Workload(
                    owner("driftwood", "legal", "contracts", "prod", "counsel", "DW-7001"),
                    true,
                    "key-driftwood-contracts",
                    "clause-check",
                    "inference",
                    Door.ANTHROPIC,
                    List.of(Model.CLAUDE_SONNET_4_5),
                    Rhythm.OFFICE,
                    0,
                    .02,
                    .1,
                    25,
                    Prompts.of(60_000, .9, 1_100).cached(.4, .4).cachedForAnHour(),
                    STANDARD),
            new Workload(
                    owner("driftwood", "retail-banking", "assistant", "prod", "branches", "DW-3100"),
                    false,
                    MOVED_KEY,
                    "chat",
                    "inference",
                    Door.LITELLM,
                    List.of(Model.BEDROCK_HAIKU),
                    Rhythm.CONSUMER,
                    0,
                    .08,
                    .3,
                    2_500,
                    Prompts.of(2_200, .5, 240).cached(.5, 0),
                    STANDARD),
            new Workload(
                    owner("driftwood", "risk", "screening", "prod", "compliance", "DW-5200"),
                    true,
                    "key-driftwood-screening",
                    "adverse-media",
                    "inference",
                    Door.ANTHROPIC,
                    List.of(Model.CLAUDE_SONNET_5),
                    Rhythm.STEADY,
                    0,
                    .02,
                    0,
                    8,
                    Prompts.of(3_000, .5, 500).searching(.6),
                    STANDARD),
            // elmwood, a hospital group nine hours ahead
            new Workload(
                    owner("elmwood", "clinical", "notes", "prod", "records", "EW-81"),
                    true,
                    "key-elmwood-notes",
                    "summaries",
                    "batch",
                    Door.ANTHROPIC,
                    List.of(Model.CLAUDE_HAIKU_4_5),
                    Rhythm.NIGHTLY,
                    9,
                    .05,
                    .1,
                    6,
                    Prompts.of(5_200, .5, 700).cached(.3, .1),
                    List.of(Tier.BATCH)),
            new Workload(
                    owner("elmwood", "patients", "portal", "prod", "front-desk", "EW-22"),
                    true,
                    "key-elmwood-portal",
                    "questions",
                    "inference",
                    Door.OPENAI,
                    List.of(Model.GPT_5_4_MINI),
                    Rhythm.CONSUMER,
                    9,
                    .04,
                    .2,
                    700,
                    Prompts.of(1_500, .5, 320).cached(.45, 0),
                    STANDARD),
            new Workload(
                    owner("elmwood", "research", "literature", "dev", "science", "EW-90"),
                    true,
                    "key-elmwood-literature",
                    "reading",
                    "inference",
                    Door.OPENAI,
                    List.of(Model.GPT_NEXT),
                    Rhythm.OFFICE,
                    9,
                    .005,
                    .5,
                    9,
                    Prompts.of(8_000, .6, 900),
                    STANDARD),
            // a key that nobody registered: its usage belongs to no tenant until a rule says whose it is
            new Workload(
                    null,
                    false,
                    "key-unregistered",
                    "unknown",
                    "inference",
                    Door.OPENAI,
                    List.of(Model.GPT_5_4_NANO),
                    Rhythm.STEADY,
                    0,
                    .005,
                    0,
                    1,
                    Prompts.of(600, .4, 150),
                    STANDARD));

    private DemoCompanies() {}

    static List<Workload> workloads() {
        return WORKLOADS;
    }

    /** One rule for each registered key, and one for the key that moves to another team in the middle of the month. */
    public static List<AttributionRule> attributionRules(TrafficPlan plan, Instant recordedAt) {
        List<AttributionRule> rules = new ArrayList<>();
        Instant before = plan.start().minus(Duration.ofDays(1));
        for (Workload workload : WORKLOADS) {
            Owner owner = workload.owner();
            if (owner != null) {
                rules.add(rule(workload.apiKeyId(), owner, owner.team(), before, recordedAt));
                if (workload.apiKeyId().equals(MOVED_KEY)) {
                    rules.add(rule(workload.apiKeyId(), owner, TEAM_AFTER_MOVE, plan.middle(), recordedAt));
                }
            }
        }
        return rules;
    }

    private static AttributionRule rule(
            String apiKeyId, Owner owner, String team, Instant effectiveFrom, Instant recordedAt) {
        return AttributionRule.newBuilder()
                .setRuleId("owner-of-" + apiKeyId)
                .setEffectiveFrom(effectiveFrom)
                .setRecordedAt(recordedAt)
                .setMatch(Map.of("api_key_id", apiKeyId))
                .setPrecedence(AttributionPrecedence.EVENT_WINS)
                .setDimensions(Dimensions.newBuilder()
                        .setTenant(owner.tenant())
                        .setDepartment(owner.department())
                        .setProject(owner.project())
                        .setTeam(team)
                        .setCostCenter(owner.costCenter())
                        .setEnvironment(owner.environment())
                        .build())
                .build();
    }

    private static Owner owner(
            String tenant, String department, String project, String environment, String team, String costCenter) {
        return new Owner(tenant, department, project, environment, team, costCenter);
    }
}
