/** What is asked of the ledger and for it: positions, requests, statements, replays. */
@org.jspecify.annotations.NullMarked
package io.costops.infra.ledger;
