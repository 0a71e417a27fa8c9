import type { Booking, BookingPage } from '@holdfast/contract/client'
import { isSamePerson } from './same-person.ts'

const shownMax = 3

/**
 * The appointments of the same person among those of the name that have not ended; `hasMore`: there are others of the
 * name, or of the person, which are not shown.
 */
export function appointmentsOfSame(
  { items, nextCursor }: Pick<BookingPage, 'items' | 'nextCursor'>,
  person: Booking['patient'],
  now: number,
): { shown: Booking[]; hasMore: boolean } {
  const others = items.filter(({ patient, endsAt }) => isSamePerson(patient, person) && Date.parse(endsAt) > now)
  return { shown: others.slice(0, shownMax), hasMore: nextCursor !== null || others.length > shownMax }
}
