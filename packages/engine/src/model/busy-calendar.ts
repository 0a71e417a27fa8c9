import type { Booking } from './booking.ts'

/**
 * Why a calendar cannot be read. `url_lost`: the server's secret was replaced. `refused`: the server requests nothing
 * of this address. `unreachable`: there was no whole response. `status`: the response was an error. `invalid`: it was
 * no calendar. `too_large`: it has too many events.
 */
export type BusyCalendarFailure = 'url_lost' | 'refused' | 'unreachable' | 'status' | 'invalid' | 'too_large'

/** An external calendar of a doctor, without its URL. */
export type BusyCalendar = {
  sealedUrl: string
  /** When it was read whole for the last time; null: never. */
  readAt: Date | null
  /** Since when it cannot be read; null: it can. */
  failingSince: Date | null
  /** null: it can, or before this was recorded. */
  reason: BusyCalendarFailure | null
  /** More exactly, for those who operate its server. */
  problem: string | null
  /** How many of its events could not be read, and block nothing. */
  leftOut: number
  createdAt: Date
}

/** An instant range [startsAt, endsAt). */
export type BusyTime = { startsAt: Date; endsAt: Date }

/** A busy calendar that is to be read now. `etag` and `lastModified` are of its last whole response. */
export type DueBusyCalendar = {
  clinicNo: number
  doctorId: string
  sealedUrl: string
  etag: string | null
  lastModified: string | null
}

/**
 * `unchanged`: the server says so. `read`: its busy times, disjoint and by start, without those of
 * `leftOut` events that could not be read. `failed`: why.
 */
export type BusyCalendarRead =
  | { kind: 'unchanged' }
  | { kind: 'read'; busy: readonly BusyTime[]; leftOut: number; etag: string | null; lastModified: string | null }
  | { kind: 'failed'; reason: BusyCalendarFailure; problem: string }

/** A calendar that has failed for a day, and whose doctor is notified now. */
export type FailingBusyCalendar = {
  clinicNo: number
  doctorId: string
  failingSince: Date
  /** null: before this was recorded. */
  reason: BusyCalendarFailure | null
}

export type BusyCalendars = {
  /** Replaces the doctor's calendar. The busy times until now stay until it was read. */
  set(calendar: { clinicNo: number; doctorId: string; sealedUrl: string }): Promise<void>
  find(clinicNo: number, doctorId: string): Promise<BusyCalendar | null>
  /** Frees all of its times. */
  remove(clinicNo: number, doctorId: string): Promise<void>
  /** Its slots to come that are blocked and start in [from, to). */
  blockedSlotIds(query: { clinicNo: number; doctorId: string; from: Date; to: Date }): Promise<string[]>
  /** The first live bookings in blocked slots to come, by start. */
  conflicts(query: { clinicNo: number; doctorId: string; limit: number }): Promise<Booking[]>
}
