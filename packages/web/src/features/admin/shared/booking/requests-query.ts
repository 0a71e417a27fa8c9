import type { BookingPage } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { bookingListsKey, rereadMs } from '../../../../lib/queries/clinic-queries.ts'

const shownMax = 100

/** The requests that the clinic has not answered, by the start of their visits: the first hundred. */
export function requestsQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...bookingListsKey(clinicId), 'requests'],
    queryFn: (): Promise<BookingPage> =>
      dataOf(api.listClinicBookings({ path: { clinicId }, query: { requested: true, limit: shownMax } })),
    refetchInterval: rereadMs,
  })
}
