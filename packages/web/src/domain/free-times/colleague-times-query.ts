import type { Doctor } from '@holdfast/contract/client'
import { type QueryClient, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'

/** The next free time of another doctor. */
export type ColleagueTime = { name: string; slot: Doctor['nextSlots'][number] & { doctorId: string } }

const colleaguesMax = 3
/** The limit for a doctor who takes no bookings, whose patients need somebody else. */
const deputiesMax = 20

/** The soonest other doctors of the clinic with the same specialization and an appointment type in common. */
export function colleagueTimesQuery({ id, clinicId, specialization, appointmentTypes }: Doctor) {
  return queryOptions({
    queryKey: ['doctors', 'colleagues', id],
    queryFn: async (): Promise<ColleagueTime[]> => {
      const query = { clinicId, specialization, sort: 'soonest', limit: colleaguesMax + 1 } as const
      const { items } = await dataOf(api.listDoctors({ query }))
      return items
        .filter((one) => one.id !== id && one.appointmentTypes.some((type) => appointmentTypes.includes(type)))
        .flatMap(({ id: doctorId, name, nextSlots: [slot] }) => (slot ? [{ name, slot: { ...slot, doctorId } }] : []))
        .slice(0, colleaguesMax)
    },
    staleTime: 15_000,
  })
}

/**
 * The clinic's other doctors with the same specialization who take bookings, those who are free soonest first. Also
 * caches each under its id.
 */
export function colleaguesQuery(queryClient: QueryClient, { id, clinicId, specialization }: Doctor) {
  return queryOptions({
    queryKey: ['doctors', 'deputies', id],
    queryFn: async (): Promise<Doctor[]> => {
      const query = { clinicId, specialization, sort: 'soonest', limit: deputiesMax + 1 } as const
      const { items } = await dataOf(api.listDoctors({ query }))
      for (const doctor of items) queryClient.setQueryData(doctorQuery(doctor.id).queryKey, doctor)
      return items.filter((one) => one.id !== id && one.specialization === specialization).slice(0, deputiesMax)
    },
    staleTime: 15_000,
  })
}

/** Whether the clinic has other doctors, of any specialization. */
export function hasOtherDoctorsQuery({ id, clinicId }: Pick<Doctor, 'id' | 'clinicId'>) {
  return queryOptions({
    queryKey: ['doctors', 'others', id],
    queryFn: async () => {
      const { items } = await dataOf(api.listDoctors({ query: { clinicId, limit: 2 } }))
      return items.some((one) => one.id !== id)
    },
    staleTime: 10 * 60_000,
  })
}
