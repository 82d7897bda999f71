/** The topics of the platform, typed. */
@org.jspecify.annotations.NullMarked
package io.costops.schemas.topics;
