/** A month of plausible traffic from a seed, and the command that runs it through the whole platform. */
@org.jspecify.annotations.NullMarked
package io.costops.infra.demo;
