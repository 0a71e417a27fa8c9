const knownMax = 1_000
const known = new Map<number, string>()

/** A time in ISO 8601 and UTC. Cached, because thousands of responses contain the times of the same few slots. */
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

export function timeOrNull(time: Date | null): string | null {
  return time === null ? null : timeText(time)
}
