import type { Booking } from './booking.ts'

/**
 * Why a calendar cannot be read. `url_lost`: the server's secret was replaced. `refused`: the server requests nothing
 * of this address. `unreachable`: there was no whole response. `status`: the response was an error. `invalid`: it was
 * no calendar. `too_large`: it has too many events.
 */
export type BusyCalendarFailure = 'url_lost' | 'refused' | 'unreachable' | 'status' | 'invalid' | 'too_large'

/**
 * Why events of a calendar are left out. `unknown_zone`: `detail` is the name. `no_length`: they end when they start.
 * `reversed`: they end before. `rule`: a rule of repetition that is not understood. `too_frequent`: one that gives too
 * many times, or that takes too long to calculate. Without a part of their repetitions, events block less than they
 * should. `unreadable`: no valid event.
 */
export type LeftOutEvents = {
  reason: 'unknown_zone' | 'no_length' | 'reversed' | 'rule' | 'too_frequent' | 'unreadable'
  detail: string | null
  count: number
}

/** An external calendar of a doctor, without its URL. */
export type BusyCalendar = {
  sealedUrl: string
  /** When it was read whole for the last time; null: never. */
  readAt: Date | null
  /** Since when it cannot be read; null: it can. */
  failingSince: Date | null
  /** null: it can. */
  reason: BusyCalendarFailure | null
  /** More exactly, for those who operate its server. */
  problem: string | null
  /** How many of its events were not understood, and block nothing or less than they should. */
  leftOut: number
  /** Why, the more frequent reasons first. */
  leftOutEvents: LeftOutEvents[]
  /** It had busy times to come, and none when it was read then. They stay blocked until it is read again. */
  emptySince: Date | null
  /** Since when it has no busy times, although it had some before. */
  emptiedAt: Date | null
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
 * `leftOut` events that were not understood. `failed`: why.
 */
export type BusyCalendarRead =
  | { kind: 'unchanged' }
  | {
      kind: 'read'
      busy: readonly BusyTime[]
      leftOut: number
      leftOutEvents: readonly LeftOutEvents[]
      etag: string | null
      lastModified: string | null
    }
  | { kind: 'failed'; reason: BusyCalendarFailure; problem: string }

/** A calendar whose doctor is notified now: it has failed for a day, or has no busy times any more. */
export type BusyCalendarNotice = { clinicNo: number; doctorId: string } & (
  | {
      kind: 'failing'
      since: Date
      reason: BusyCalendarFailure | null
    }
  | { kind: 'emptied'; since: Date }
)

export type BusyCalendars = {
  /** Replaces the doctor's calendar. The busy times until now stay until it was read. */
  set(calendar: { clinicNo: number; doctorId: string; sealedUrl: string }): Promise<void>
  find(clinicNo: number, doctorId: string): Promise<BusyCalendar | null>
  /** Frees all of its times. */
  remove(clinicNo: number, doctorId: string): Promise<void>
  /** The first live bookings in blocked slots to come, by start. */
  conflicts(query: { clinicNo: number; doctorId: string; limit: number }): Promise<Booking[]>
}
