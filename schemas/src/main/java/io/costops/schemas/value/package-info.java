/** Value types that refuse nonsense when they are made. */
@org.jspecify.annotations.NullMarked
package io.costops.schemas.value;
