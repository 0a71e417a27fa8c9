import { type Committed, changedSlotsOf, type LogEntry, nextSlotsMax } from '@holdfast/engine'

/** A slot whose free units changed; null: not known. */
export type SlotChange = { doctorId: string; startsAtMs: number | null; available: number | null }

/** What changed. `slot`: nothing but the free units of this slot. */
export type Change = { tag: string; slot?: SlotChange }

/** For pages of doctors, clinics or specialisations: any edit may add or remove an entry. */
export const directoryTag = 'directory'

export const doctorTag = (doctorId: string) => `doctor:${doctorId}`

/** For responses that depend on a clinic's name, time zone or settings, which also affect when doctors are free. */
export const clinicTag = (clinicNo: number) => `clinic:${clinicNo}`

/** What is known about entries of the log. */
export type KnownEntries = {
  /** When a slot starts, in milliseconds since 1970; null: not known here. */
  startOf(doctorId: string, slotId: string): number | null
  /**
   * Whether this process wrote it and was notified when it committed. Dropped again when the log reports it, a page
   * would be loaded twice per change.
   */
  isOwn(entry: LogEntry): boolean
}

/** What a log entry of another process changed. */
export function changesOfEntry(entry: LogEntry, known: KnownEntries): Change[] {
  if (entry.kind === 'directory') {
    return [
      { tag: directoryTag },
      { tag: entry.doctorId === null ? clinicTag(entry.clinicNo) : doctorTag(entry.doctorId) },
    ]
  }
  return changedSlotsOf(entry).map(({ doctorId, slotId }) => ({
    tag: doctorTag(doctorId),
    slot: { doctorId, startsAtMs: known.startOf(doctorId, slotId), available: null },
  }))
}

/** What a transaction of this process changed. No cached response depends on a clinic's members. */
export function changesOfCommitted({ kind, clinicNos, doctorIds, slots }: Committed): Change[] {
  if (kind === 'members') return []
  if (kind === 'bookings') {
    return slots.map(({ doctorId, startsAt, available }) => ({
      tag: doctorTag(doctorId),
      slot: { doctorId, startsAtMs: startsAt.getTime(), available },
    }))
  }
  const tags = [directoryTag, ...Array.from(clinicNos, clinicTag), ...Array.from(doctorIds, doctorTag)]
  return tags.map((tag) => ({ tag }))
}

/**
 * Whether a change of a slot can change its doctor's next slots: it has room and comes before the last of them, or it
 * is one of them and is full.
 *
 * @param nextStartsMs when the doctor's next slots started before the change, milliseconds since 1970, in order
 */
export function movesNextSlots(nextStartsMs: readonly number[], { startsAtMs, available }: SlotChange): boolean {
  const mayHaveRoom = available !== 0
  if (startsAtMs === null) return mayHaveRoom || nextStartsMs.length > 0
  if (nextStartsMs.includes(startsAtMs)) return available === null || available === 0
  const last = nextStartsMs.length < nextSlotsMax ? Number.POSITIVE_INFINITY : (nextStartsMs.at(-1) ?? 0)
  return mayHaveRoom && startsAtMs < last
}
