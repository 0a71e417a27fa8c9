import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { pageByPage } from '../../../../lib/api/read-pages.ts'
import { clinicKey, rereadMs } from '../../../../lib/queries/clinic-queries.ts'
import type { MessagesSearch } from '../../admin-search.ts'

const pageSize = 50

/** Messages to patients, the newest first, page by page. */
export function messagesQuery(clinicId: string, filter: MessagesSearch & { q?: string; bookingId?: string }) {
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...clinicKey(clinicId), 'messages', filter],
    queryFn: ({ pageParam }) =>
      dataOf(api.listMessages({ path: { clinicId }, query: { ...filter, limit: pageSize, ...pageParam } })),
    placeholderData: keepPreviousData,
    refetchInterval: rereadMs,
  })
}
