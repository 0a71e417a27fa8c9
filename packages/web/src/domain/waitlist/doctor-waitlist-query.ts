import type { DoctorWaitlist } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

/** A doctor's waitlist: for visits of a type, or else for places of fixed slots. */
export type Waited = { doctorId: string; visitTypeId?: string }

/** How many wait for a doctor, or for the doctor's specialization, and for the same. */
export function doctorWaitlistQuery({ doctorId, visitTypeId }: Waited) {
  const query = visitTypeId === undefined ? {} : { visitTypeId }
  return queryOptions({
    queryKey: ['waitlist', 'doctor', doctorId, visitTypeId],
    queryFn: (): Promise<DoctorWaitlist> => dataOf(api.getDoctorWaitlist({ path: { doctorId }, query })),
    staleTime: 30_000,
  })
}
