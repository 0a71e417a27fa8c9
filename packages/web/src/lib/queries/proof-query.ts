import type { Proof } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/api.ts'

/** How many bookings there are, and how many double bookings. The server counts at most once in ten minutes. */
export const proofQuery = queryOptions({
  queryKey: ['public-proof'],
  queryFn: (): Promise<Proof> => dataOf(api.getProof()),
  staleTime: 10 * 60_000,
})
