import type { ClinicStats } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { clinicKey, rereadMs } from '../../../lib/queries/clinic-queries.ts'

/** The figures of the local days from `from` to `to`, both included. */
export function statsQuery(clinicId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...clinicKey(clinicId), 'stats', from, to],
    queryFn: (): Promise<ClinicStats> => dataOf(api.getClinicStats({ path: { clinicId }, query: { from, to } })),
    refetchInterval: rereadMs,
  })
}
