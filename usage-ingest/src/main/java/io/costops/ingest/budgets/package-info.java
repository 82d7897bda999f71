/** Decisions about calls that are about to be made, from the budgets' state and what is reserved. Pure but for the topic's reader. */
@org.jspecify.annotations.NullMarked
package io.costops.ingest.budgets;
