import type { Doctor } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api.ts'

/** The next free time of another doctor. */
export type ColleagueTime = { name: string; slot: Doctor['nextSlots'][number] & { doctorId: string } }

const colleaguesMax = 3

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
