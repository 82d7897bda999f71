/** How fast it is, and whether the books balance whatever dies: measurements that an operator can repeat. */
@org.jspecify.annotations.NullMarked
package io.costops.infra.bench;
