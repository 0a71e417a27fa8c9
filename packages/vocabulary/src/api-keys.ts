/** What an API key may be allowed: each operation of the API names the one that a key needs, or is not for keys. */
export const apiKeyScopes = [
  'times:read',
  'bookings:read',
  'bookings:write',
  'patients:read',
  'patients:write',
  'directory:write',
  'events:read',
  'admin',
] as const

export type ApiKeyScope = (typeof apiKeyScopes)[number]

/** The limits of API keys. */
export const apiKeyLimits = {
  /** Of a clinic, also expired ones. */
  keysMax: 20,
  name: 100,
  /** How many bookings a key makes in a second at most. */
  bookingsPerSecond: { min: 1, max: 500, default: 50 },
  /** How long the key before a rotation stays valid. */
  overlapHours: { min: 0, max: 168, default: 24 },
} as const
