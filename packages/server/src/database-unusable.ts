import { isConnectionLost } from '@holdfast/engine'

// PostgreSQL refuses the login (class 28), the database (3D000) or the privileges (42501).
const refusals = /^(28...|3D000|42501)$/

/**
 * Whether an error means that the database cannot be used as configured: it cannot be reached, or it refuses the
 * login or the database. DATABASE_URL is wrong, or PostgreSQL is not running there.
 */
export function isDatabaseUnusable(error: unknown): boolean {
  if (isConnectionLost(error)) return true
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && refusals.test(error.code)
}
