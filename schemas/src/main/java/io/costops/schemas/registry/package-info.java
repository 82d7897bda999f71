/** Schema registries, Confluent's client behind one interface. */
@org.jspecify.annotations.NullMarked
package io.costops.schemas.registry;
