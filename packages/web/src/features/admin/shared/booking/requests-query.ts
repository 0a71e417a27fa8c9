import type { BookingPage } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { formatNumber } from '../../../../lib/i18n/format.ts'
import { bookingListsKey, rereadMs } from '../../../../lib/queries/clinic-queries.ts'

const shownMax = 100

/**
 * The requests that the clinic has not answered, by the start of their visits: the first hundred. `withTimeFree`: says
 * whether their times are free, which takes longer, and so is for the page alone.
 */
export function requestsQuery(clinicId: string, withTimeFree = false) {
  return queryOptions({
    queryKey: [...bookingListsKey(clinicId), 'requests', { withTimeFree }],
    queryFn: (): Promise<BookingPage> =>
      dataOf(api.listClinicBookings({ path: { clinicId }, query: { requested: true, withTimeFree, limit: shownMax } })),
    refetchInterval: rereadMs,
  })
}

/** How many requests wait, as text: `100+` if there are more than were read. */
export function requestsCount({ items, nextCursor }: BookingPage): string {
  return formatNumber(items.length) + (nextCursor === null ? '' : '+')
}
