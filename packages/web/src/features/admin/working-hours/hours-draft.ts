import type { NewWorkingHours, WorkingBand, WorkingHours, WorkingHoursVersion } from '@holdfast/contract/client'
import {
  type BandOverlap,
  type BandWeeks,
  minutesOfBand,
  overlappingBands,
  sessionLimits,
  workingHoursLimits,
} from '@holdfast/vocabulary'
import { randomKey } from '../../../lib/api/random-key.ts'
import { isInRange } from '../shared/fields/number-field.tsx'

/** A row of the form. Fields that it does not show are as they were. */
export type BandDraft = {
  key: string
  /** `1` (Monday) to `7`. */
  weekdays: string[]
  from: string
  to: string
  /** A break that is entered, and divides the row when the hours are sent; null: none. */
  pause: Pause | null
  everyWeeks: number | string
  /** A day of one of these weeks; null: they are counted from the first day of the hours. */
  inWeekOf: string | null
  kind: 'session' | 'slots'
  /** Of a session, how far apart visits begin; of slots, how long each is. */
  minutes: number | string
  capacity: number | string
  visitTypeIds: string[] | null
}

/** Local times `HH:MM`; empty: not entered yet. */
export type Pause = { from: string; to: string }

/** `validUntil` empty: no end. */
export type HoursDraft = { bands: BandDraft[]; validFrom: string; validUntil: string }

/** What the form begins with: the hours of today, or the next ones. An end is kept if no other hours follow it. */
export function draftOf(versions: readonly WorkingHoursVersion[], today: string): HoursDraft {
  // They are those of today and later.
  const [first] = versions
  if (first === undefined) return { bands: [newBand()], validFrom: today, validUntil: '' }
  const validFrom = first.validFrom < today ? today : first.validFrom
  return {
    bands: bandsOn(versions, validFrom),
    validFrom,
    validUntil: versions.length > 1 ? '' : (first.validUntil ?? ''),
  }
}

/** The rows of the hours that hold on a day; none, if no hours do. */
export function bandsOn(versions: readonly WorkingHoursVersion[], day: string): BandDraft[] {
  const version = versions.find(({ validFrom, validUntil }) => {
    return validFrom <= day && (validUntil === null || validUntil >= day)
  })
  return version?.bands.map(bandDraftOf) ?? []
}

/** The rows as they are stored, which are shown in the fields of the same rows of a form. */
export function withKeysOf(shown: readonly BandDraft[], stored: readonly BandDraft[]): BandDraft[] {
  return stored.map((band) => {
    const times = JSON.stringify(timesOf(band))
    const same = shown.filter((one) => JSON.stringify(timesOf(one)) === times)
    return same.length === 1 && same[0] !== undefined ? { ...band, key: same[0].key } : band
  })
}

/** The hours that were planned for later than the first day of new ones, which replace them. */
export function replacedBy({ validFrom }: HoursDraft, versions: readonly WorkingHoursVersion[]): WorkingHoursVersion[] {
  return validFrom === '' ? [] : versions.filter((version) => version.validFrom > validFrom)
}

export function newBand(): BandDraft {
  return {
    key: randomKey(),
    weekdays: ['1', '2', '3', '4', '5'],
    from: '09:00',
    to: '12:00',
    pause: null,
    everyWeeks: 1,
    inWeekOf: null,
    kind: 'session',
    minutes: 10,
    capacity: 1,
    visitTypeIds: null,
  }
}

export function bandDraftOf(band: WorkingBand): BandDraft {
  const { weekdays, from, to, everyWeeks, inWeekOf, gridMinutes, slotMinutes, capacity, visitTypeIds } = band
  return {
    key: randomKey(),
    weekdays: weekdays.map(String),
    from,
    to,
    pause: null,
    everyWeeks,
    inWeekOf,
    kind: slotMinutes === null ? 'session' : 'slots',
    minutes: slotMinutes ?? gridMinutes ?? '',
    capacity: capacity ?? 1,
    visitTypeIds,
  }
}

/**
 * The rows that a break leaves of one: two, or the row itself if it has none. null: the break is not entered whole, not
 * within the row, or not over by midnight of its days.
 */
export function dividedBand(band: BandDraft): BandDraft[] | null {
  const { from, to, pause } = band
  if (pause === null) return [band]
  if (from === '' || to === '' || pause.from === '' || pause.to === '') return null
  const isBefore = pause.to < to || to <= from
  if (from >= pause.from || pause.from >= pause.to || !isBefore) return null
  return [
    { ...band, to: pause.from, pause: null },
    { ...band, key: randomKey(), from: pause.to, pause: null },
  ]
}

/** What is wrong with a row's break; null: nothing, or the row has to be corrected first. */
export function breakProblemOf(band: BandDraft): 'incomplete' | 'outside' | null {
  const { from, to, pause } = band
  if (pause === null) return null
  if (pause.from === '' || pause.to === '') return 'incomplete'
  return from === '' || to === '' || dividedBand(band) !== null ? null : 'outside'
}

/** All rows, each divided by its break; null: a break has to be corrected first. */
export function dividedBands(bands: readonly BandDraft[]): BandDraft[] | null {
  const divided = bands.map(dividedBand)
  return divided.includes(null) ? null : divided.flatMap((parts) => parts ?? [])
}

/** Whether there is room for another row beside those that the breaks leave. */
export function canAddBand(bands: readonly BandDraft[]): boolean {
  return bands.length + bands.filter(({ pause }) => pause !== null).length < workingHoursLimits.bandsMax
}

/** What is wrong with a row by itself, apart from its break; null: nothing. */
export function problemOf(band: BandDraft): 'weekdays' | 'times' | 'minutes' | 'everyWeeks' | 'capacity' | null {
  const { weekdays, from, to, everyWeeks, kind, minutes, capacity } = band
  if (weekdays.length === 0) return 'weekdays'
  if (from === '' || to === '' || from === to) return 'times'
  if (!isInRange(everyWeeks, workingHoursLimits.everyWeeks.min, workingHoursLimits.everyWeeks.max)) return 'everyWeeks'
  const { min, max } = kind === 'session' ? sessionLimits.gridMinutes : workingHoursLimits.slotMinutes
  if (!isInRange(minutes, min, max)) return 'minutes'
  const lengths = (dividedBand(band) ?? [band]).map(minutesOfBand).map(({ start, end }) => end - start)
  if (kind === 'slots' && lengths.some((length) => Number(minutes) > length)) return 'minutes'
  return kind === 'slots' && !isInRange(capacity, 1, capacityMax) ? 'capacity' : null
}

/** Of a slot, as in the form of slots. */
export const capacityMax = 1_000

/** Two rows that overlap, by their places; null: none do, or a row has to be corrected first. */
export function overlapOf({ bands, validFrom }: HoursDraft): BandOverlap | null {
  if (validFrom === '' || bands.some((band) => problemOf(band) !== null)) return null
  const parts = bands.flatMap((band, place) => (dividedBand(band) ?? [band]).map((part) => ({ ...part, place })))
  const overlap = overlappingBands(parts.map((part) => ({ ...timesOf(part), ...weeksOf(part, validFrom) })))
  if (overlap === null) return null
  const [first, second] = [overlap.first, overlap.second].map((part) => parts[part]?.place ?? 0)
  return { ...overlap, first: first ?? 0, second: second ?? 0 }
}

/** In which weeks a row is, in hours that begin on a day. Its number of weeks is in range. */
export function weeksOf({ everyWeeks, inWeekOf }: BandDraft, validFrom: string): BandWeeks {
  return { everyWeeks: Number(everyWeeks), inWeekOf: Number(everyWeeks) === 1 ? null : (inWeekOf ?? validFrom) }
}

/** The request that the form says; null: it is not complete. */
export function requestOf(draft: HoursDraft): NewWorkingHours | null {
  const { bands, validFrom, validUntil } = draft
  if (validFrom === '' || (validUntil !== '' && validUntil < validFrom)) return null
  const divided = dividedBands(bands)
  if (divided === null || bands.some((band) => problemOf(band) !== null) || overlapOf(draft) !== null) return null
  return {
    bands: divided.map((band) => bandOf(band, validFrom)),
    validFrom,
    ...(validUntil === '' ? {} : { validUntil }),
  }
}

/** Whether a request, whose response was lost, is what has changed the hours that a form began with. */
export function isWritten(request: NewWorkingHours, begun: WorkingHours, present: WorkingHours): boolean {
  if (present.version !== begun.version + 1) return false
  const { version: _, ...wanted } = request
  const written = present.versions.find(({ validFrom }) => validFrom === wanted.validFrom)
  if (written === undefined) return false
  const { bands, validFrom, validUntil } = written
  const draft = { bands: bands.map(bandDraftOf), validFrom, validUntil: validUntil ?? '' }
  return JSON.stringify(requestOf(draft)) === JSON.stringify(wanted)
}

function timesOf({ weekdays, from, to }: BandDraft) {
  return { weekdays: weekdays.map(Number).toSorted(), from, to }
}

function bandOf(band: BandDraft, validFrom: string) {
  const { kind, minutes, capacity, visitTypeIds } = band
  const { everyWeeks, inWeekOf } = weeksOf(band, validFrom)
  const times = { ...timesOf(band), everyWeeks, ...(inWeekOf === null ? {} : { inWeekOf }) }
  if (kind === 'slots') return { ...times, slotMinutes: Number(minutes), capacity: Number(capacity) }
  return { ...times, gridMinutes: Number(minutes), ...(visitTypeIds === null ? {} : { visitTypeIds }) }
}
