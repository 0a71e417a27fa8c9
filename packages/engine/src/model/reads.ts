import type { AppointmentType, BookingStatus } from '@holdfast/vocabulary'
import type { Booking, CancelledBy } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'
import type { BookingEvent } from './booking-event.ts'
import type { BookingMoves } from './booking-moves.ts'
import type { ClinicStats } from './clinic-stats.ts'
import type { NearTimes, NearTimesQuery } from './near-times.ts'
import type { Page } from './page.ts'
import type { Slot } from './slot.ts'
import type { VerifyReport } from './verify-report.ts'
import type { LaterVisit } from './waitlist.ts'

/** What is wanted instead of a slot that is full. */
export type AlternativesQuery = {
  slotId: string
  units: number
  /** Only of doctors who offer it; null: any. */
  appointmentType: AppointmentType | null
  /** A move: the slot that the booking has, which is no alternative; null: a new booking. */
  fromSlotId: string | null
  /** Slots of other doctors are no alternatives. */
  sameDoctor: boolean
  /** What the clinic's desk may book: without notice, beyond the horizon, and until a slot ends. */
  byDesk: boolean
  limit: number
}

export type Reads = BookingMoves & {
  slot(slotId: string): Promise<Slot | null>
  /** When these slots of one clinic start, also withdrawn ones; slots that do not exist are left out. */
  slotStarts(slotIds: string[]): Promise<Map<string, Date>>
  /**
   * At most `limit` bookable slots with `units` free of the same doctor: the same local day first, by nearness, then
   * later days, then other active doctors of the clinic with the same specialization on that day.
   */
  alternatives(query: AlternativesQuery): Promise<Slot[]>
  /** null: there is none, or the caller has not this access to it. */
  booking(bookingId: string, access?: BookingAccess | null): Promise<Booking | null>
  bookingsOfAccount(query: BookingsOfAccountQuery): Promise<Page<Booking>>
  bookingsOfClinic(query: BookingsOfClinicQuery): Promise<Page<ListedBooking>>
  /** How many requests `bookingsOfClinic` lists with `requested`, without reading a patient. */
  requestsOfClinic(query: RequestsOfClinicQuery): Promise<WaitingRequests>
  /**
   * Of those of these bookings that ended with their slots, the appointments that their patients have got instead, each
   * for one of them, by the ids of the bookings: booked_since_withdrawal. `doctorId`: only of this doctor.
   */
  bookedSinceWithdrawal(query: {
    clinicNo: number
    bookings: readonly Booking[]
    doctorId: string | null
  }): Promise<ReadonlyMap<string, LaterVisit>>
  /** The events in the order of the log; `after` is the `position` of an event already read, exclusive. */
  eventsOfClinic(query: { clinicNo: number; after: string | null; limit: number }): Promise<Page<BookingEvent>>
  /**
   * The last events that `eventsOfClinic` returns, newest first. `confirmedOnly`: without those of holds.
   */
  newestEventsOfClinic(query: { clinicNo: number; confirmedOnly: boolean; limit: number }): Promise<BookingEvent[]>
  /** Whether the times that are wanted are free, and which are near them. In the order of `starts`. */
  nearTimes(query: NearTimesQuery): Promise<NearTimes[]>
  /** All committed events, sorted by version; [] if there is no such booking. */
  eventsOfBooking(bookingId: string): Promise<BookingEvent[]>
  /** Who cancelled these bookings, by their ids. A booking that is not cancelled is not in the map. */
  cancelledBy(bookings: readonly Booking[]): Promise<Map<string, CancelledBy>>
  clinicStats(query: { clinicNo: number; from: string; to: string }): Promise<ClinicStats>
  /**
   * How many bookings were confirmed and not cancelled, and how many slots have more units booked than their capacity,
   * by recount, in all clinics.
   */
  proof(): Promise<{ bookings: number; overbooked: number; countedAt: Date }>
  /**
   * For each local day of the next `days` with slots of active doctors: when the first begins and the last ends, as
   * `HH:MM` of the clinic. `doctorId`: only of this doctor.
   */
  openHours(query: { clinicNo: number; doctorId: string | null; days: number }): Promise<OpenHours[]>
  /** The active doctors of all clinics; the first 50,000. */
  publicDoctors(): Promise<{ id: string; clinicId: string }[]>
  verify(query: { clinicNo: number | null; detailsMax: number }): Promise<VerifyReport>
}

/**
 * `status` is the effective one. `from` and `to` are dates of the slot's start, both included: in the clinic's zone, or
 * in UTC for an account. Ordered by the slot's start.
 */
export type BookingsOfAccountQuery = {
  accountId: string
  status: BookingStatus | null
  from: string | null
  to: string | null
  limit: number
  cursor: string | null
}

/**
 * `isTimeFree`: of a request that holds nothing, with `withTimeFree`: whether its time could be booked now.
 * `arrivedAt`: of an ARRIVED booking: when its patient arrived, the last time if that was undone.
 */
export type ListedBooking = Booking & { isTimeFree?: boolean; arrivedAt?: Date }

export type BookingsOfClinicQuery = {
  clinicNo: number
  from: string
  to: string
  status: BookingStatus | null
  /** Leaves out holds that lapsed or were released: bookings that were never confirmed. */
  confirmedOnly: boolean
  /** Bookings whose patients have confirmed to come, or CONFIRMED ones whose patients have not; absent: all. */
  attendance?: 'confirmed' | 'unconfirmed' | null
  /** Only requests that the clinic has not answered yet; absent: all. */
  requested?: boolean
  /** With `requested`: says of each request that holds nothing whether its time is free. */
  withTimeFree?: boolean
  doctorId: string | null
  /** Leaves out bookings that were created later; absent: all. */
  createdUntil?: Date
  /**
   * Part of the patient's name, e-mail or phone (case and accents are ignored), or of the booking's id as tickets show
   * it.
   */
  q: string | null
  limit: number
  cursor: string | null
}

/** `limit`: how many are counted at most. */
export type RequestsOfClinicQuery = Pick<BookingsOfClinicQuery, 'clinicNo' | 'doctorId' | 'limit'>

/** `isMore`: more wait than were counted. `firstEndsAt`: when the first of all ends without an answer; null: none. */
export type WaitingRequests = { waiting: number; isMore: boolean; firstEndsAt: Date | null }

/** `day`: `YYYY-MM-DD` */
export type OpenHours = { day: string; opens: string; closes: string }
