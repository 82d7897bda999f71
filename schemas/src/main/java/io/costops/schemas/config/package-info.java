/** Configuration as immutable records, read once. */
@org.jspecify.annotations.NullMarked
package io.costops.schemas.config;
