import type { AuditEventPage } from '@holdfast/contract/client'
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { type PageStart, pageByPage } from '../../../lib/api/read-pages.ts'
import type { AuditSearch } from '../admin-search.ts'

const pageSize = 100

/** The security log, the newest first, page by page. @param clinicId null: of the whole site */
export function auditEventsQuery(clinicId: string | null, filter: AuditSearch) {
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: ['audit-events', clinicId, filter],
    queryFn: ({ pageParam }) => readPage(clinicId, { ...filter, limit: pageSize, ...pageParam }),
    placeholderData: keepPreviousData,
    // It is read to look something up: it must be what the server knows now.
    staleTime: 0,
  })
}

function readPage(
  clinicId: string | null,
  query: AuditSearch & PageStart & { limit: number },
): Promise<AuditEventPage> {
  return dataOf(
    clinicId === null ? api.listAuditEvents({ query }) : api.listClinicAuditEvents({ path: { clinicId }, query }),
  )
}
