import type { Property } from './calendar-parts.ts'
import { UnreadableEvent } from './left-out.ts'

export const dayMs = 86_400_000

/**
 * A time as a file has it: on the clock of its zone, in milliseconds as if that were UTC. `tzid`: the name of its zone;
 * null: it is in UTC, or names none.
 */
export type FileTime = { wallMs: number; isDay: boolean; isUtc: boolean; tzid: string | null }

/** Its days are those of the calendar, its seconds are exact (RFC 5545, section 3.3.6). Negative ones go back. */
export type FileDuration = { days: number; seconds: number }

const timePattern = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?$/i

/** A time is a day if it has no hour, whether or not VALUE=DATE says so. @throws UnreadableEvent */
export function timeIn(value: string, parameters: Property['parameters'] = new Map()): FileTime {
  const text = value.trim()
  const match = text.length > 20 ? null : timePattern.exec(text)
  if (match === null) throw new UnreadableEvent('unreadable', value)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((one) => Number(one ?? 0))
  // A leap second is the last second of its minute.
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59))
  const isSame = new Date(wallMs).toISOString().startsWith(`${match[1]}-${match[2]}-${match[3]}`)
  if (!isSame || hour > 23 || minute > 59 || second > 60) throw new UnreadableEvent('unreadable', value)
  const isUtc = match[7] !== undefined
  const isDay = match[4] === undefined
  return { wallMs, isDay, isUtc, tzid: isUtc || isDay ? null : (parameters.get('TZID') ?? null) }
}

export function timeOf(property: Property): FileTime {
  return timeIn(property.value, property.parameters)
}

/** The times of a list. The errors of times that cannot be read are passed to `onUnreadable`. */
export function timesOf(property: Property, onUnreadable: (error: unknown) => void = () => undefined): FileTime[] {
  return property.value.split(',').flatMap((value) => {
    try {
      return [timeIn(value, property.parameters)]
    } catch (error) {
      onUnreadable(error)
      return []
    }
  })
}

const durationPattern = /^([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i
/** What is longer than a life is no absence; what is only longer than the window may cover it. */
const durationDaysMax = 100 * 366

/** @throws UnreadableEvent */
export function durationIn(value: string): FileDuration {
  const text = value.trim()
  const match = text.length > 60 ? null : durationPattern.exec(text)
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = (match ?? [])
    .slice(2)
    .map((one) => Number(one ?? 0))
  const allDays = 7 * weeks + days
  const allSeconds = (hours * 60 + minutes) * 60 + seconds
  const isPart = match?.slice(2).some((one) => one !== undefined) === true
  if (!isPart || allDays + allSeconds / 86_400 > durationDaysMax) throw new UnreadableEvent('unreadable', value)
  const sign = match?.[1] === '-' ? -1 : 1
  return { days: sign * allDays, seconds: sign * allSeconds }
}

/** The day that a time on the clock is in. */
export function dayOf(wallMs: number): number {
  return Math.floor(wallMs / dayMs) * dayMs
}
