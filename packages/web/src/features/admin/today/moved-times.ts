import type { Booking } from '@holdfast/contract/client'
import { localTime } from '../../../lib/time/local-time.ts'

/** Which appointments of a day move: those that begin from a time on, before another one. Local times `HH:MM`. */
export type Part = { from: string; until: string }

/** By how much: so many days, and minutes, on the clock of the clinic. Negative: earlier. */
export type Shift = { days: number; minutes: number }

export type Move = { bookingId: string; startsAt: string }

/** The confirmed appointments of a part of a day, by their times. */
export function bookingsIn(bookings: readonly Booking[], { from, until }: Part, timeZone: string): Booking[] {
  return bookings
    .filter(({ status, startsAt }) => {
      const time = localTime(startsAt, timeZone)
      return status === 'CONFIRMED' && time >= from && time < until
    })
    .toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
}

/** Where these appointments move. */
export function movesOf(bookings: readonly Booking[], { days, minutes }: Shift, timeZone: string): Move[] {
  return bookings.map(({ id, startsAt }) => {
    const wanted = localOf(startsAt, timeZone).add({ days }).add({ minutes })
    return { bookingId: id, startsAt: wanted.toInstant().toString() }
  })
}

const localOf = (instant: string, timeZone: string) => Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone)
