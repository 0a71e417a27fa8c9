/** An RFC 3339 time, with any offset but with one. null: it is not one, or names a time that doesn't exist. */
export function parseInstant(text: string): Temporal.Instant | null {
  // Temporal alone would also take annotations such as [u-ca=…], which no file means, and 23:59:60 for 23:59:59.
  if (!/^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:[0-5]\d(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})$/.test(text)) return null
  try {
    return Temporal.Instant.from(text)
  } catch {
    return null
  }
}
