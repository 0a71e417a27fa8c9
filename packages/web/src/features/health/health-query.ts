import type { Health } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

const rereadMs = 15_000

/** Read again while the page is visible. What was read last stays, with its time, when a reading fails. */
export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: (): Promise<Health> => dataOf(api.getHealth()),
  refetchInterval: rereadMs,
  staleTime: 0,
})
