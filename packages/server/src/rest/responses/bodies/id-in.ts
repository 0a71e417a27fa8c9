/** The id in the body of a response. A text is JSON that was serialized before. */
export function idIn(body: unknown): string | null {
  const found: unknown = typeof body === 'string' ? JSON.parse(body) : body
  return typeof found === 'object' && found !== null && 'id' in found && typeof found.id === 'string' ? found.id : null
}
