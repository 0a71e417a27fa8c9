import type { Committed, LogEntry } from '@holdfast/engine'

/** The page of a list of doctors, clinics or specialisations: any edit may bring somebody in or out. */
export const directoryTag = 'directory'

export const doctorTag = (doctorId: string) => `doctor:${doctorId}`

/** A clinic's name, zone or settings; its doctors' times are told by the settings too. */
export const clinicTag = (clinicNo: number) => `clinic:${clinicNo}`

/** The tags of answers that an entry of the log has made outdated. */
export function tagsOfEntry(entry: LogEntry): string[] {
  if (entry.kind === 'directory') {
    return [directoryTag, entry.doctorId === null ? clinicTag(entry.clinicNo) : doctorTag(entry.doctorId)]
  }
  return [entry.doctorId, entry.fromDoctorId].filter((id) => id !== null).map(doctorTag)
}

/** The same for a transaction of this process. No cached answer depends on a clinic's members. */
export function tagsOfCommitted({ kind, clinicNos, doctorIds }: Committed): string[] {
  if (kind === 'members') return []
  const doctorTags = Array.from(doctorIds, doctorTag)
  return kind === 'bookings' ? doctorTags : [directoryTag, ...Array.from(clinicNos, clinicTag), ...doctorTags]
}
