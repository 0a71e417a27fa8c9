import type { LogEntry } from '@holdfast/engine'

/** The page of a list of doctors, clinics or specialisations: any edit may bring somebody in or out. */
export const directoryTag = 'directory'

export const doctorTag = (doctorId: string) => `doctor:${doctorId}`

/** A clinic's name, zone or settings; its doctors' times are told by the settings too. */
export const clinicTag = (clinicNo: number) => `clinic:${clinicNo}`

/**
 * What cannot be current any more once these have happened.
 *
 * @param isDropped whether what was made of a doctor's slots was dropped after the transaction's end already
 */
export function tagsOf(
  entries: readonly LogEntry[],
  isDropped: (xid: bigint, doctorId: string) => boolean,
): Set<string> {
  const tags = new Set<string>()
  for (const entry of entries) {
    if (entry.kind === 'booking') {
      for (const doctorId of [entry.doctorId, entry.fromDoctorId]) {
        if (doctorId !== null && !isDropped(entry.xid, doctorId)) tags.add(doctorTag(doctorId))
      }
    } else {
      tags.add(directoryTag)
      tags.add(entry.doctorId === null ? clinicTag(entry.clinicNo) : doctorTag(entry.doctorId))
    }
  }
  return tags
}
