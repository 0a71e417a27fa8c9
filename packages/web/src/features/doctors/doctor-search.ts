export type DoctorSearch = {
  q?: string
  specialization?: string
  clinicId?: string
  type?: 'in_person' | 'video'
  /** Absent: the soonest free time first. */
  sort?: 'name'
}

/** The search as it stands in the address, so that it can be shared and gone back to. */
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
