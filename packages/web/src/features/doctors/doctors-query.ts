import type { Doctor } from '@holdfast/contract/client'
import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import { api, ask } from '../../lib/api.ts'
import { clinicsQuery } from '../../lib/directory-queries.ts'
import type { DoctorSearch } from './doctor-search.ts'

/** `isCut`: there are more than were read, so the search has to be narrowed to see them all. */
export type FoundDoctors = { doctors: Doctor[]; isCut: boolean }

const pageSize = 100
const pagesMax = 3

/**
 * The doctors of a search, those with the soonest free time first. The API lists by name, so a few pages are read and
 * sorted here.
 */
export function doctorsQuery(queryClient: QueryClient, search: DoctorSearch) {
  return queryOptions({
    queryKey: ['doctors', search],
    queryFn: async (): Promise<FoundDoctors> => {
      // The cards name the clinics: one list instead of one question each. Without it they ask for themselves.
      const clinics = queryClient.ensureQueryData(clinicsQuery(queryClient)).catch(() => null)
      const [found] = await Promise.all([readPages(search), clinics])
      return { ...found, doctors: soonestFirst(found.doctors.filter((doctor) => offers(doctor, search.type))) }
    },
    placeholderData: keepPreviousData,
    staleTime: 15_000,
    refetchInterval: 60_000,
  })
}

async function readPages({ q, specialization, clinicId }: DoctorSearch): Promise<FoundDoctors> {
  const doctors: Doctor[] = []
  let cursor: string | null = null
  for (let page = 0; page < pagesMax; page += 1) {
    const query = {
      limit: pageSize,
      ...(q ? { q } : {}),
      ...(specialization ? { specialization } : {}),
      ...(clinicId ? { clinicId } : {}),
      ...(cursor === null ? {} : { cursor }),
    }
    const answer: { items: Doctor[]; nextCursor: string | null } = await ask(api.listDoctors({ query }))
    doctors.push(...answer.items)
    cursor = answer.nextCursor
    if (cursor === null) return { doctors, isCut: false }
  }
  return { doctors, isCut: true }
}

function offers(doctor: Doctor, type: DoctorSearch['type']): boolean {
  return type === undefined || doctor.appointmentTypes.includes(type)
}

/** Those without a free time last; among equals by name. */
export function soonestFirst(doctors: readonly Doctor[]): Doctor[] {
  const rank = (doctor: Doctor) =>
    doctor.nextAvailableAt === null ? Number.POSITIVE_INFINITY : Date.parse(doctor.nextAvailableAt)
  return doctors.toSorted((a, b) => (rank(a) === rank(b) ? a.name.localeCompare(b.name) : rank(a) - rank(b)))
}

export const specializationsQuery = queryOptions({
  queryKey: ['specializations'],
  queryFn: async () => (await ask(api.listSpecializations())).items,
  staleTime: 10 * 60_000,
})
