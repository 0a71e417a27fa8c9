import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

/** How many wait for a doctor, or for the doctor's specialization. */
export function doctorWaitlistQuery(doctorId: string) {
  return queryOptions({
    queryKey: ['waitlist', 'doctor', doctorId],
    queryFn: async (): Promise<number> => (await dataOf(api.getDoctorWaitlist({ path: { doctorId } }))).waiting,
    staleTime: 30_000,
  })
}
