/** A count that took this long, in milliseconds, is used for a hundred times as long: 300,000 bookings take 500. */
const slowMs = 250
const usedForTimes = 100

/**
 * Counts, for each key, what changes slowly: always, or, where that takes long, now and then. What is counted then is
 * returned when it is known; until that, the count before.
 *
 * @param nowMs a clock
 */
export function createRecentCounts<Key>(
  count: (key: Key) => Promise<number>,
  nowMs: () => number = () => performance.now(),
): (key: Key) => Promise<number> {
  const known = new Map<Key, { counted: number; untilMs: number }>()
  const counting = new Map<Key, Promise<number>>()
  async function countNow(key: Key): Promise<number> {
    const beganAtMs = nowMs()
    const counted = await count(key)
    const tookMs = nowMs() - beganAtMs
    if (tookMs < slowMs) known.delete(key)
    else known.set(key, { counted, untilMs: nowMs() + tookMs * usedForTimes })
    return counted
  }
  return async (key) => {
    const last = known.get(key)
    if (last !== undefined && nowMs() < last.untilMs) return last.counted
    const next = counting.getOrInsertComputed(key, () => countNow(key).finally(() => counting.delete(key)))
    if (last === undefined) return next
    next.catch(() => undefined)
    return last.counted
  }
}
