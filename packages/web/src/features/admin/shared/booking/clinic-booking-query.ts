import type { Booking } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { bookingKey, rereadMs } from '../../../../lib/queries/clinic-queries.ts'

export function clinicBookingQuery(clinicId: string, bookingId: string) {
  return queryOptions({
    queryKey: bookingKey(clinicId, bookingId),
    queryFn: (): Promise<Booking> => dataOf(api.getBooking({ path: { bookingId } })),
    refetchInterval: rereadMs,
  })
}
