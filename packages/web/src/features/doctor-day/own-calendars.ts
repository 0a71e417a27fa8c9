import type { Me } from '@holdfast/contract/client'

/** The calendar of an account that is a doctor of the clinic. */
export type OwnCalendar = { clinicId: string; doctorId: string }

export function ownCalendars(me: Me): OwnCalendar[] {
  return me.memberships.flatMap(({ clinicId, role, doctorId }) =>
    role === 'doctor' && doctorId !== null ? [{ clinicId, doctorId }] : [],
  )
}
