import type { Clinic, Doctor } from '@holdfast/contract/client'
import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/api.ts'

const clinicsMax = 100
/** A longer search text finds the others. */
const clinicsOffered = 20
const clinicStaleMs = 10 * 60_000

export function clinicQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['clinic', clinicId],
    queryFn: (): Promise<Clinic> => dataOf(api.getClinic({ path: { clinicId } })),
    staleTime: clinicStaleMs,
  })
}

/** The first hundred clinics by name. Also caches each under its id. */
export function clinicsQuery(queryClient: QueryClient) {
  return queryOptions({
    queryKey: ['clinics'],
    queryFn: async (): Promise<Clinic[]> => {
      const { items } = await dataOf(api.listClinics({ query: { limit: clinicsMax } }))
      for (const clinic of items) queryClient.setQueryData(clinicQuery(clinic.id).queryKey, clinic)
      return items
    },
    staleTime: clinicStaleMs,
  })
}

/** Some clinics whose name or address contains this text; for an empty text the first by name. */
export function clinicSearchQuery(q: string) {
  return queryOptions({
    queryKey: ['clinics', 'search', 'few', q],
    queryFn: async (): Promise<Clinic[]> =>
      (await dataOf(api.listClinics({ query: { limit: clinicsOffered, ...(q === '' ? {} : { q }) } }))).items,
    placeholderData: keepPreviousData,
    staleTime: clinicStaleMs,
  })
}

export function doctorQuery(doctorId: string) {
  return queryOptions({
    queryKey: ['doctor', doctorId],
    queryFn: (): Promise<Doctor> => dataOf(api.getDoctor({ path: { doctorId } })),
    staleTime: 60_000,
  })
}

const doctorsFoundMax = 8

/** The first doctors that a search finds. */
export function foundDoctorsQuery(q: string) {
  return queryOptions({
    queryKey: ['doctors', 'found', q],
    queryFn: async (): Promise<Doctor[]> =>
      (await dataOf(api.listDoctors({ query: { q, sort: 'name', limit: doctorsFoundMax } }))).items,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })
}

export const specializationsQuery = queryOptions({
  queryKey: ['specializations'],
  queryFn: async () => (await dataOf(api.listSpecializations())).items,
  staleTime: 10 * 60_000,
})
