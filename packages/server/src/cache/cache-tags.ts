import type { Committed, LogEntry } from '@holdfast/engine'

/** For pages of doctors, clinics or specialisations: any edit may add or remove an entry. */
export const directoryTag = 'directory'

export const doctorTag = (doctorId: string) => `doctor:${doctorId}`

/** For responses that depend on a clinic's name, time zone or settings, which also affect its doctors' slots. */
export const clinicTag = (clinicNo: number) => `clinic:${clinicNo}`

/** The tags of responses that are outdated after a log entry. */
export function tagsOfEntry(entry: LogEntry): string[] {
  if (entry.kind === 'directory') {
    return [directoryTag, entry.doctorId === null ? clinicTag(entry.clinicNo) : doctorTag(entry.doctorId)]
  }
  return [entry.doctorId, entry.fromDoctorId].filter((id) => id !== null).map(doctorTag)
}

/** The same for a transaction of this process. No cached response depends on a clinic's members. */
export function tagsOfCommitted({ kind, clinicNos, doctorIds }: Committed): string[] {
  if (kind === 'members') return []
  const doctorTags = Array.from(doctorIds, doctorTag)
  return kind === 'bookings' ? doctorTags : [directoryTag, ...Array.from(clinicNos, clinicTag), ...doctorTags]
}
