import type { Me } from '@holdfast/contract/client'

/** A calendar that is the account's own: as a doctor of that clinic. */
export type OwnCalendar = { clinicId: string; doctorId: string }

export function ownCalendars(me: Me): OwnCalendar[] {
  return me.memberships.flatMap(({ clinicId, role, doctorId }) =>
    role === 'doctor' && doctorId !== null ? [{ clinicId, doctorId }] : [],
  )
}
