import type { NewWorkingHours, WorkingBand } from '@holdfast/contract/client'
import {
  type BandOverlap,
  minutesOfBand,
  overlappingBands,
  sessionLimits,
  workingHoursLimits,
} from '@holdfast/vocabulary'
import { randomKey } from '../../../lib/api/random-key.ts'
import { isInRange } from '../number-field.tsx'

/** A row of the form. Fields that it does not show are as they were. */
export type BandDraft = {
  key: string
  /** `1` (Monday) to `7`. */
  weekdays: string[]
  from: string
  to: string
  everyWeeks: number | string
  kind: 'session' | 'slots'
  /** Of a session, how far apart visits begin; of slots, how long each is. */
  minutes: number | string
  capacity: number | string
  visitTypeIds: string[] | null
}

/** `validUntil` empty: no end. */
export type HoursDraft = { bands: BandDraft[]; validFrom: string; validUntil: string }

export function newBand(): BandDraft {
  return {
    key: randomKey(),
    weekdays: ['1', '2', '3', '4', '5'],
    from: '09:00',
    to: '12:00',
    everyWeeks: 1,
    kind: 'session',
    minutes: 10,
    capacity: 1,
    visitTypeIds: null,
  }
}

export function bandDraftOf(band: WorkingBand): BandDraft {
  const { weekdays, from, to, everyWeeks, gridMinutes, slotMinutes, capacity, visitTypeIds } = band
  return {
    key: randomKey(),
    weekdays: weekdays.map(String),
    from,
    to,
    everyWeeks,
    kind: slotMinutes === null ? 'session' : 'slots',
    minutes: slotMinutes ?? gridMinutes ?? '',
    capacity: capacity ?? 1,
    visitTypeIds,
  }
}

/** What is wrong with a row by itself; null: nothing. */
export function problemOf(band: BandDraft): 'weekdays' | 'times' | 'minutes' | 'everyWeeks' | 'capacity' | null {
  const { weekdays, from, to, everyWeeks, kind, minutes, capacity } = band
  if (weekdays.length === 0) return 'weekdays'
  if (from === '' || to === '' || from === to) return 'times'
  if (!isInRange(everyWeeks, workingHoursLimits.everyWeeks.min, workingHoursLimits.everyWeeks.max)) return 'everyWeeks'
  const { min, max } = kind === 'session' ? sessionLimits.gridMinutes : workingHoursLimits.slotMinutes
  if (!isInRange(minutes, min, max)) return 'minutes'
  const { start, end } = minutesOfBand(band)
  if (kind === 'slots' && Number(minutes) > end - start) return 'minutes'
  return kind === 'slots' && !isInRange(capacity, 1, capacityMax) ? 'capacity' : null
}

/** Of a slot, as in the form of slots. */
export const capacityMax = 1_000

/** Two rows that overlap, by their places; null: none do, or a row has to be corrected first. */
export function overlapOf({ bands }: HoursDraft): BandOverlap | null {
  if (bands.some((band) => problemOf(band) !== null)) return null
  return overlappingBands(
    bands.map(({ weekdays, from, to, everyWeeks }) => {
      return { weekdays: weekdays.map(Number), from, to, everyWeeks: Number(everyWeeks) }
    }),
  )
}

/** The request that the form says; null: it is not complete. */
export function requestOf(draft: HoursDraft): NewWorkingHours | null {
  const { bands, validFrom, validUntil } = draft
  if (validFrom === '' || (validUntil !== '' && validUntil < validFrom)) return null
  if (bands.some((band) => problemOf(band) !== null) || overlapOf(draft) !== null) return null
  return { bands: bands.map(bandOf), validFrom, ...(validUntil === '' ? {} : { validUntil }) }
}

function bandOf({ weekdays, from, to, everyWeeks, kind, minutes, capacity, visitTypeIds }: BandDraft) {
  const times = { weekdays: weekdays.map(Number).toSorted(), from, to, everyWeeks: Number(everyWeeks) }
  if (kind === 'slots') return { ...times, slotMinutes: Number(minutes), capacity: Number(capacity) }
  return { ...times, gridMinutes: Number(minutes), ...(visitTypeIds === null ? {} : { visitTypeIds }) }
}
