import { type AppointmentType, slotLimits } from '@holdfast/vocabulary'

/**
 * `from`: the first day shown, YYYY-MM-DD. `type`: the appointment type, where the doctor offers several. `slot`: the
 * id of the time that a link in an e-mail is about. `units`: how many places of it, if more than one. `visitType`: the
 * id of what is booked in an open session, or `other`: a slot. `any`: with any doctor of the clinic.
 */
export type WeekSearch = {
  from?: string
  type?: AppointmentType
  slot?: string
  units?: number
  visitType?: string
  any?: true
}

export function parseWeekSearch(search: Record<string, unknown>): WeekSearch {
  const { from, type, slot, units, visitType, any } = search
  return {
    ...(typeof from === 'string' && isDate(from) ? { from } : {}),
    ...(type === 'in_person' || type === 'video' ? { type } : {}),
    ...(typeof visitType === 'string' ? { visitType } : {}),
    ...(any === true ? { any } : {}),
    ...(typeof slot === 'string' ? { slot, ...(isUnits(units) ? { units } : {}) } : {}),
  }
}

function isUnits(units: unknown): units is number {
  return typeof units === 'number' && Number.isInteger(units) && units > 1 && units <= slotLimits.capacityMax
}

function isDate(text: string): boolean {
  return /^(19|20|21)\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
}
