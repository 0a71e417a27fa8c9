import type { SeriesUnit } from '@holdfast/vocabulary'
import type { Booking } from './booking.ts'
import type { BookingAccess } from './booking-access.ts'
import type { ClaimRequest, NotDone } from './claim.ts'
import type { ManageAccess } from './manage-access.ts'
import type { TimeClaimOutcome, TimeClaimRequest } from './session.ts'
import type { SettleOutcome, SettleRequest } from './settle.ts'

/** The place of a booking in a series of visits: the `number`-th of the `total` that were booked together. */
export type SeriesPlace = { id: string; number: number; total: number }

export type SeriesMember = {
  number: number
  booking: Booking
  /** What decides which manage token of the booking is valid. */
  manage: ManageAccess
}

/** Visits that were booked together, in their order. Those that were erased or archived are left out. */
export type BookingSeries = {
  id: string
  clinicNo: number
  /** Every so many days or weeks. */
  every: number
  unit: SeriesUnit
  total: number
  createdAt: Date
  members: SeriesMember[]
}

export type SeriesClaim = Omit<ClaimRequest, 'addsPlaces'> | TimeClaimRequest

/** A confirmation of all visits of a series, which are holds until then. */
export type SeriesConfirmation = {
  clinicNo: number
  every: number
  unit: SeriesUnit
  /** In the order of their times. */
  confirmations: readonly SettleRequest[]
}

/** An outcome of a settled booking that is final. */
export type SettledVisit = Exclude<SettleOutcome, NotDone>

export type SeriesConfirmationOutcome =
  | { kind: 'done'; seriesId: string; position: string; isRepeated: boolean }
  /** Nothing was confirmed: some cannot be. By booking. */
  | { kind: 'refused'; outcomes: ReadonlyMap<string, SettledVisit> }

export type SeriesCancellation = {
  /** Each with the access that the caller has to it. */
  cancellations: readonly SettleRequest[]
  /** The booking by which the caller has access to the others; null: a member of the clinic. */
  reachedBy: { bookingId: string; access: BookingAccess } | null
}

export type SeriesCancellationOutcome =
  /** By booking: what was done, and what was refused. `position` null: nothing was. */
  | { kind: 'done'; outcomes: ReadonlyMap<string, SettledVisit>; position: string | null }
  /** The access has ended: nothing was cancelled. */
  | { kind: 'access_ended' }

/** Series of visits (docs/decisions/0041). */
export type Series = {
  /**
   * Claims all visits of a series in one transaction, as holds that end together: either of open sessions or of fixed
   * slots, of one clinic. Some may be refused. Safe to repeat, by their keys.
   */
  hold(claims: readonly SeriesClaim[]): Promise<TimeClaimOutcome[]>
  /** Confirms all holds and writes down the series, or nothing. Safe to repeat: the series is found. */
  confirm(confirmation: SeriesConfirmation): Promise<SeriesConfirmationOutcome>
  /** Cancels those that can be cancelled, in one transaction. Safe to repeat. */
  cancel(cancellation: SeriesCancellation): Promise<SeriesCancellationOutcome>
  /** null: there is none, or nothing of it is left. */
  find(seriesId: string): Promise<BookingSeries | null>
  /** Those of these bookings that are visits of a series, by their ids. */
  placesOf(bookings: readonly Pick<Booking, 'id' | 'clinicNo'>[]): Promise<Map<string, SeriesPlace>>
}
