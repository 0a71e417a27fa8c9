import type { BookingPage, RequestCount } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { formatNumber } from '../../../../lib/i18n/format.ts'
import { bookingListsKey, clinicKey, rereadMs } from '../../../../lib/queries/clinic-queries.ts'

const shownMax = 100

/**
 * The requests that the clinic has not answered, by the start of their visits: the first hundred, and whether their
 * times are free. For the page that shows them: the security log says that who reads this list has read the data of its
 * patients.
 */
export function requestsQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...bookingListsKey(clinicId), 'requests'],
    queryFn: (): Promise<BookingPage> =>
      dataOf(
        api.listClinicBookings({ path: { clinicId }, query: { requested: true, withTimeFree: true, limit: shownMax } }),
      ),
    refetchInterval: rereadMs,
  })
}

/** How many requests wait, and when the first of them ends without an answer. */
export function requestCountQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'request-count'],
    queryFn: (): Promise<RequestCount> => dataOf(api.countRequests({ path: { clinicId } })),
    refetchInterval: rereadMs,
  })
}

/** How many requests wait, as text: `100+` if there are more than are counted. */
export function requestCountText({ waiting, isMore }: RequestCount): string {
  return formatNumber(waiting) + (isMore ? '+' : '')
}
