import type { VisitResource } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'

/** The rooms and devices that appointments take, also those that are switched off: rooms first, by name. */
export function visitResourcesQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'visit-resources'],
    queryFn: async (): Promise<VisitResource[]> => (await dataOf(api.listVisitResources({ path: { clinicId } }))).items,
    staleTime: 60_000,
  })
}
