import type { AppointmentType } from '@holdfast/vocabulary'
export type DoctorSearch = {
  q?: string
  specialization?: string
  clinicId?: string
  type?: AppointmentType
  /** Absent: doctors with the soonest free slot first. */
  sort?: 'name'
}

/** The search in the URL, so that it can be shared and the back button works. */
export function parseDoctorSearch(search: Record<string, unknown>): DoctorSearch {
  const { q, specialization, clinicId, type, sort } = search
  return {
    ...(isText(q) ? { q } : {}),
    ...(isText(specialization) ? { specialization } : {}),
    ...(isText(clinicId) ? { clinicId } : {}),
    ...(type === 'in_person' || type === 'video' ? { type } : {}),
    ...(sort === 'name' ? { sort } : {}),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 200
}
