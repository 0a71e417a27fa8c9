/** A string field of a body, lower-cased. */
export function textIn(body: unknown, field: string): string | null {
  const value = fieldOf(body, field)
  return typeof value === 'string' ? value.trim().toLowerCase() : null
}

/** A field of a body. */
export function fieldOf(body: unknown, field: string): unknown {
  return typeof body === 'object' && body !== null ? Object.getOwnPropertyDescriptor(body, field)?.value : undefined
}
