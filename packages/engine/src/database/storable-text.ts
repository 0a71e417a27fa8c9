/**
 * Text of another system as PostgreSQL stores it: it refuses NUL, and in JSON also half of a surrogate pair, which is
 * left where a text is cut. Other control characters would harm terminals that show them.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\n\t]/gu, '\ufffd')
}

/** The same; null: there is none. */
export function storableOrNull(text: string | null): string | null {
  return text === null ? null : storableText(text)
}
