/** The messages of the live feed that the site uses; see packages/contract/src/live.ts. */
export type LiveMessage =
  | { type: 'subscribed'; doctorIds: string[]; position: string | null }
  | { type: 'slots'; doctorId: string; items: { id: string; available: number }[]; position: string | null }
  /** More changed than the message contains: the data of these doctors has to be read again. */
  | { type: 'resync'; doctorIds: string[]; position: string | null }

/** Parses a message; null for unknown types, which a newer server may send. */
export function parseLiveMessage(text: unknown): LiveMessage | null {
  const message = parsed(text)
  if (message === null) return null
  const position = typeof message.position === 'string' ? message.position : null
  switch (message.type) {
    case 'subscribed':
      return { type: 'subscribed', doctorIds: strings(message.doctorIds), position }
    case 'slots':
      if (typeof message.doctorId !== 'string' || !Array.isArray(message.items)) return null
      return { type: 'slots', doctorId: message.doctorId, items: message.items.filter(isItem), position }
    case 'resync':
      return { type: 'resync', doctorIds: strings(message.doctorIds), position }
    default:
      return null
  }
}

function parsed(text: unknown): Record<string, unknown> | null {
  if (typeof text !== 'string') return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function isItem(value: unknown): value is { id: string; available: number } {
  if (typeof value !== 'object' || value === null) return false
  const { id, available } = value as Record<string, unknown>
  return typeof id === 'string' && typeof available === 'number'
}
