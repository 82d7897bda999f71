/** The books as a person keeps them: prices and attribution rules in files and in their topics, and a dry run of pricing. */
@org.jspecify.annotations.NullMarked
package io.costops.infra.books;
