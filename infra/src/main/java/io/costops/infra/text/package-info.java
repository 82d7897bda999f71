/** What commands print for people: tables and progress. */
@org.jspecify.annotations.NullMarked
package io.costops.infra.text;
