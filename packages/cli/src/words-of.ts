/** An error in its own words, on one line; also a refused connection's, whose own message is empty. */
export function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(wordsOf).join('; ')
  if (!(error instanceof Error)) return String(error)
  return error.message.replaceAll(/\s*\n\s*/g, ' ').trim() || error.name
}
