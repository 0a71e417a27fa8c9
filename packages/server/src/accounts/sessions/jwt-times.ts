/** Lifetime of a JWT. */
export const jwtSeconds = 15 * 60

/**
 * How long a key still verifies after its last signature: longer than any token is valid, so rotation logs nobody out.
 */
export const keyGraceSeconds = 24 * 3600
