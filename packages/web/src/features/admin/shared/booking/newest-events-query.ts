import type { BookingEvent } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { clinicKey, rereadMs } from '../../../../lib/queries/clinic-queries.ts'

/** So many the dashboard shows; its first steps use the same ones, so that they are read once. */
export const dashboardEvents = 8

/** The last changes of bookings, newest first. `confirmedOnly`: without those of holds. */
export function newestEventsQuery(clinicId: string, limit: number, confirmedOnly: boolean) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'newest', limit, confirmedOnly],
    queryFn: async (): Promise<BookingEvent[]> =>
      (await dataOf(api.listEvents({ path: { clinicId }, query: { newest: true, confirmedOnly, limit } }))).items,
    refetchInterval: rereadMs,
  })
}
