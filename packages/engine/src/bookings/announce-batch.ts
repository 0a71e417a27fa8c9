import type { Announce, CommittedSlot } from '../model/committed.ts'
import { parseSnapshot, parseXid } from '../model/snapshot.ts'

type SlotOfDoctor = Pick<CommittedSlot, 'slotId' | 'doctorId' | 'startsAt'>

/** What one item of a batch wrote. */
export type Written = {
  /** null: nothing now. It repeats a write whose announcement may have been lost with its result. */
  position: string | null
  /** The doctors whose bookings it changed. */
  doctorIds: readonly string[]
  /** The slots as the whole batch left them. */
  slots: readonly CommittedSlot[]
  /** Taken by the batch, under the locks of its slots; null: no count of `slots` is known. */
  snapshot: string | null
}

/**
 * Announces a batch once: it is one transaction. A claim whose first try committed, but lost its connection, has the
 * position of that transaction, which is announced now. What other repetitions found done is announced without a
 * position, because that transaction may have written more. Lapsed holds that a batch marks as FAILED are not
 * announced: they read as FAILED from the moment they lapse.
 */
export function announceBatch(announce: Announce, written: readonly Written[]): void {
  for (const [position, items] of Map.groupBy(written, (item) => item.position)) {
    const doctorIds = new Set<string>()
    const slots = new Map<string, CommittedSlot>()
    let snapshot: string | null = null
    for (const item of items) {
      for (const doctorId of item.doctorIds) doctorIds.add(doctorId)
      for (const slot of item.slots) slots.set(slot.slotId, slot)
      snapshot ??= item.snapshot
    }
    announce({
      kind: 'bookings',
      position,
      clinicNos: noClinics,
      doctorIds,
      accountIds: noAccounts,
      slots: [...slots.values()],
      snapshot: snapshot === null || position === null ? null : parseSnapshot(snapshot, parseXid(position)),
    })
  }
}

/**
 * A slot as a batch left it.
 *
 * @param units what its row says: how many units are left, and in how many milliseconds from then its next hold lapses
 * @param tookMs how long the batch took until now, milliseconds. If the next hold may have lapsed meanwhile, the row
 *   may count units of lapsed holds as taken, and how many are available is not known.
 */
export function slotAfter(
  slot: SlotOfDoctor,
  units: { available: number; lapsesInMs: number | null },
  tookMs: number,
): CommittedSlot {
  if (units.lapsesInMs === null) return { ...slot, ...units }
  const lapsesInMs = units.lapsesInMs - tookMs
  return { ...slot, ...(lapsesInMs <= 0 ? unknownUnits : { available: units.available, lapsesInMs }) }
}

/** What was written at `position`, or found written (null), of slots whose units must be read. */
export function writtenUnread(position: string | null, slots: readonly SlotOfDoctor[]): Written {
  return {
    position,
    doctorIds: slots.map(({ doctorId }) => doctorId),
    slots: slots.map(({ slotId, doctorId, startsAt }) => ({ slotId, doctorId, startsAt, ...unknownUnits })),
    snapshot: null,
  }
}

/** The units of a slot that must be read. */
const unknownUnits = { available: null, lapsesInMs: null }

const noClinics: ReadonlySet<number> = new Set()
const noAccounts: ReadonlySet<string> = new Set()
