import type { CreatedSlots } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'

export type PreviewDay = {
  day: string
  /** ISO times: the first start and the last end of the day's slots. */
  startsAt: string
  endsAt: string
  created: number
  skipped: number
  conflicts: number
}

/** The result of a dry run by local day, in order. */
export function previewDays(preview: CreatedSlots, timeZone: string): PreviewDay[] {
  const byDay = Map.groupBy(preview.items, ({ startsAt }) => localDay(startsAt, timeZone))
  return [...byDay]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, items]) => {
      const count = (...outcomes: string[]) => items.filter(({ outcome }) => outcomes.includes(outcome)).length
      const starts = items.map(({ startsAt }) => startsAt).toSorted()
      const ends = items.map(({ endsAt }) => endsAt).toSorted()
      return {
        day,
        startsAt: starts[0] ?? '',
        endsAt: ends.at(-1) ?? '',
        created: count('created'),
        skipped: count('skipped', 'capacity_differs'),
        conflicts: count('conflict'),
      }
    })
}
