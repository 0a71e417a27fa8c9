import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { pageByPage } from '../../../lib/api/read-pages.ts'
import { clinicKey, rereadMs } from '../../../lib/queries/clinic-queries.ts'
import type { WaitlistSearch } from '../admin-search.ts'

const pageSize = 50

/** A clinic's waitlist, page by page; among patients who wait or have an offer, the next one comes first. */
export function waitlistQuery(
  clinicId: string,
  { entryStatus: status = 'open', ...filter }: WaitlistSearch & { q?: string },
) {
  const query = { ...filter, ...(status === 'any' ? {} : { status }), limit: pageSize }
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...clinicKey(clinicId), 'waitlist', query],
    queryFn: ({ pageParam }) =>
      dataOf(api.listWaitlistEntries({ path: { clinicId }, query: { ...query, ...pageParam } })),
    placeholderData: keepPreviousData,
    refetchInterval: rereadMs,
  })
}
