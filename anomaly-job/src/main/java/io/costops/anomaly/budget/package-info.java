/** Budgets: what they cover, when their periods begin, what was spent and which threshold was crossed. Pure code. */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.budget;
