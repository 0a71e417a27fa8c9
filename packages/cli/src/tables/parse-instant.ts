/** Parses an RFC 3339 time with an offset. null: it is not one, or a time that does not exist. */
export function parseInstant(text: string): Temporal.Instant | null {
  // Temporal alone would also accept annotations such as [u-ca=…], and 23:59:60 as 23:59:59.
  if (!/^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:[0-5]\d(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})$/.test(text)) return null
  try {
    return Temporal.Instant.from(text)
  } catch {
    return null
  }
}
