package io.costops.schemas.value;

/**
 * The unit of isolation: who pays, and whose rows nobody else sees.
 *
 * @param value 1 to 256 characters, no control characters
 */
public record TenantId(String value) {
    public TenantId {
        if (value.isEmpty() || value.length() > 256 || value.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "tenant must have 1 to 256 characters, none of them a control character");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
