import type { Booking, WithdrawnSlots } from '@holdfast/contract/client'

/** An affected booking. `booking`: undefined if its patient is not known here. */
export type Affected = { id: string; startsAt: string; booking: Booking | undefined }

/**
 * The bookings that a withdrawal affects, with their patients.
 *
 * @param known bookings as they are now, which may have got another appointment since
 * @param before bookings as they were before the withdrawal: the others do not contain all of them any more
 */
export function affectedOf(
  { bookings }: Pick<WithdrawnSlots, 'bookings'>,
  known: readonly Booking[],
  before: readonly Booking[] = [],
): Affected[] {
  const found = [...known, ...before]
  return bookings.map(({ id, startsAt }) => ({ id, startsAt, booking: found.find((one) => one.id === id) }))
}
