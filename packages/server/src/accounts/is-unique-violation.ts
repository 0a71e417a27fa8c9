/** Whether PostgreSQL refused a second row with the same key. better-auth may wrap the database's error. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && error.code === '23505') return true
  return isUniqueViolation(error.cause)
}
