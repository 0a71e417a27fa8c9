import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'

/** All visit types of the clinic, also those that are switched off, which only its people get. */
export function visitTypesQuery(clinicId: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'visit-types'],
    queryFn: async () => (await dataOf(api.listVisitTypes({ path: { clinicId } }))).items,
  })
}
