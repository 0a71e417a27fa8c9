import type { Booking, WithdrawnSlots } from '@holdfast/contract/client'
import type { AllPages } from '../../lib/api/read-pages.ts'

/**
 * An affected booking. `booking`: undefined if its patient is not known here; `isUnread`: perhaps because there are
 * more bookings on these days than were read.
 */
export type Affected = { id: string; startsAt: string; booking: Booking | undefined; isUnread: boolean }

const none: AllPages<Booking> = { items: [], isCut: false }

/**
 * The bookings that a withdrawal affects, with their patients.
 *
 * @param known bookings as they are now, which may have got another appointment since
 * @param before bookings as they were before the withdrawal: the others do not contain all of them any more
 */
export function affectedOf(
  { bookings }: Pick<WithdrawnSlots, 'bookings'>,
  known: AllPages<Booking>,
  before: AllPages<Booking> = none,
): Affected[] {
  const found = [...known.items, ...before.items]
  return bookings.map(({ id, startsAt }) => {
    const booking = found.find((one) => one.id === id)
    return { id, startsAt, booking, isUnread: booking === undefined && (known.isCut || before.isCut) }
  })
}
