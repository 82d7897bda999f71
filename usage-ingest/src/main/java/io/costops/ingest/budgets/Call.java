package io.costops.ingest.budgets;

import java.math.BigDecimal;
import java.util.Map;

/**
 * A call that someone is about to make.
 *
 * @param dimensions tenant, project, team, cost_center, user, api_key_id, model, as far as they are known
 * @param estimate what it will cost at most, as far as can be told; 0: not known
 */
public record Call(Map<String, String> dimensions, Map<String, String> tags, BigDecimal estimate) {}
