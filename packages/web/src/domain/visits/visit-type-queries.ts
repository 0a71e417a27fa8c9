import type { Booking, VisitType } from '@holdfast/contract/client'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'

/**
 * The visit types of a clinic, by their place in lists. Its people get all; others those that patients can book.
 */
export function visitTypesQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'visit-types'],
    queryFn: async (): Promise<VisitType[]> => (await dataOf(api.listVisitTypes({ path: { clinicId } }))).items,
  })
}

/** What was booked in an open session, also if it can no longer be booked. Disabled for the booking of a slot. */
export function visitTypeQuery({ clinicId, visitTypeId }: Pick<Booking, 'clinicId' | 'visitTypeId'>) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'visit-type', visitTypeId],
    queryFn: () => dataOf(api.getVisitType({ path: { clinicId, visitTypeId: visitTypeId ?? '' } })),
    enabled: visitTypeId !== undefined,
    staleTime: 60_000,
  })
}

/** undefined: a slot was booked, or its visit type is not read yet. */
export function useVisitType(booking: Pick<Booking, 'clinicId' | 'visitTypeId'>): VisitType | undefined {
  return useQuery(visitTypeQuery(booking)).data
}
