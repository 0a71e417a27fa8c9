import type { Slot } from '@holdfast/contract/client'

/** The times nearest to an instant, but for that itself, by their start. */
export function nearestTimes(times: readonly Slot[], startsAt: string, max: number): Slot[] {
  const distance = (time: Slot) => Math.abs(Date.parse(time.startsAt) - Date.parse(startsAt))
  return times
    .filter((time) => distance(time) > 0)
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, max)
    .toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
}
