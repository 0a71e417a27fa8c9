import type { Doctor } from '@holdfast/contract/client'
import { type InfiniteData, infiniteQueryOptions, keepPreviousData, type QueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { type Page, type PageStart, pageByPage } from '../../lib/api/read-pages.ts'
import { clinicsQuery } from '../../lib/queries/directory-queries.ts'
import type { DoctorSearch } from './doctor-search.ts'

export type FoundDoctors = InfiniteData<Page<Doctor>>

const pageSize = 24

/** The doctors of a search, page by page, in the API's order. */
export function doctorsQuery(queryClient: QueryClient, search: DoctorSearch) {
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: ['doctors', search],
    queryFn: async ({ pageParam }): Promise<Page<Doctor>> => {
      // The cards show the clinics: one request for the list instead of one for each. If it fails, each card requests
      // its clinic.
      const clinics = queryClient.ensureQueryData(clinicsQuery(queryClient)).catch(() => null)
      const [page] = await Promise.all([readPage(search, pageParam), clinics])
      return page
    },
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  })
}

function readPage({ q, specialization, clinicId, type, sort }: DoctorSearch, start: PageStart): Promise<Page<Doctor>> {
  const query = {
    limit: pageSize,
    sort: sort ?? 'soonest',
    ...(q ? { q } : {}),
    ...(specialization ? { specialization } : {}),
    ...(clinicId ? { clinicId } : {}),
    ...(type ? { appointmentType: type } : {}),
    ...start,
  } as const
  return dataOf(api.listDoctors({ query }))
}

/** All pages as one list without duplicates: a doctor may have moved to an earlier page between two requests. */
export function doctorsOf({ pages }: FoundDoctors): Doctor[] {
  return [...new Map(pages.flatMap(({ items }) => items.map((doctor) => [doctor.id, doctor]))).values()]
}

/** The list with some doctors replaced in place, and without those who no longer take bookings. */
export function withDoctors(found: FoundDoctors, changed: readonly Doctor[]): FoundDoctors {
  const now = new Map(changed.map((doctor) => [doctor.id, doctor]))
  const pages = found.pages.map((page) => ({
    ...page,
    items: page.items.map((doctor) => now.get(doctor.id) ?? doctor).filter(({ active }) => active),
  }))
  return { ...found, pages }
}
