import type { AuditEvent, AuditEventPage } from '@holdfast/contract/client'
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { type AllPages, type PageStart, pageByPage, readAllPages } from '../../../lib/api/read-pages.ts'
import type { AuditSearch } from '../admin-search.ts'

const pageSize = 100
const exportPageSize = 500
const exportPagesMax = 100

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

/** All events that match, at most 50,000. */
export function readAuditEvents(clinicId: string | null, filter: AuditSearch): Promise<AllPages<AuditEvent>> {
  return readAllPages(exportPagesMax, (start) => readPage(clinicId, { ...filter, limit: exportPageSize, ...start }))
}

function readPage(
  clinicId: string | null,
  query: AuditSearch & PageStart & { limit: number },
): Promise<AuditEventPage> {
  return dataOf(
    clinicId === null ? api.listAuditEvents({ query }) : api.listClinicAuditEvents({ path: { clinicId }, query }),
  )
}
