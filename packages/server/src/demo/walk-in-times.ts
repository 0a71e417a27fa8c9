const quarterMs = 900_000
/** How far the database's clock may be behind: the session has begun by that clock too. */
const clockMs = 60_000
const laterSlots = 8

export type Time = { startsAt: Date; endsAt: Date }

/** A session that has begun, and the slots after it: each begins at a full quarter of an hour, whatever the time is. */
export function walkInTimes(now: Date): { session: Time; later: readonly Time[] } {
  const sessionAt = Math.floor((now.getTime() - clockMs) / quarterMs) * quarterMs
  const time = (startsAt: number, endsAt: number): Time => ({ startsAt: new Date(startsAt), endsAt: new Date(endsAt) })
  const firstAt = sessionAt + 2 * quarterMs
  const starts = Array.from({ length: laterSlots }, (_none, no) => firstAt + no * quarterMs)
  return { session: time(sessionAt, firstAt), later: starts.map((at) => time(at, at + quarterMs)) }
}
