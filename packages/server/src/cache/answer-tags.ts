import type { LogEntry } from '@holdfast/engine'

/** The page of a list of doctors, clinics or specialisations: any edit may bring somebody in or out. */
export const directoryTag = 'directory'

export const doctorTag = (doctorId: string) => `doctor:${doctorId}`

/** A clinic's name, zone or settings; its doctors' times are told by the settings too. */
export const clinicTag = (clinicNo: number) => `clinic:${clinicNo}`

/** What cannot be current any more once these have happened. */
export function tagsOf(entries: readonly LogEntry[]): Set<string> {
  const tags = new Set<string>()
  for (const entry of entries) {
    if (entry.kind === 'booking') {
      tags.add(doctorTag(entry.event.doctorId))
      if (entry.fromDoctorId !== null) tags.add(doctorTag(entry.fromDoctorId))
    } else {
      tags.add(directoryTag)
      tags.add(entry.doctorId === null ? clinicTag(entry.clinicNo) : doctorTag(entry.doctorId))
    }
  }
  return tags
}
