const knownMax = 1_000
const known = new Map<number, string>()

/** A time as it is answered, ISO 8601 in UTC. Cached, because the same few slots and batches are told to thousands. */
export function timeText(time: Date): string {
  const ms = time.getTime()
  let text = known.get(ms)
  if (text === undefined) {
    text = time.toISOString()
    if (known.size >= knownMax) known.clear()
    known.set(ms, text)
  }
  return text
}
