import type { BookingPage, RequestCount } from '@holdfast/contract/client'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { pageByPage } from '../../../../lib/api/read-pages.ts'
import { formatNumber } from '../../../../lib/i18n/format.ts'
import { bookingSearchesKey, clinicKey, rereadMs } from '../../../../lib/queries/clinic-queries.ts'

const pageSize = 100

/**
 * The requests that the clinic has not answered, those that end first ahead, and whether their times are free. For the
 * page that shows them: the security log says that who reads this list has read the data of its patients.
 */
export function requestsQuery(clinicId: string) {
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...bookingSearchesKey(clinicId), 'requests'],
    queryFn: ({ pageParam }): Promise<BookingPage> =>
      dataOf(
        api.listClinicBookings({
          path: { clinicId },
          query: { requested: true, withTimeFree: true, limit: pageSize, ...pageParam },
        }),
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
