import type { Snapshot } from './snapshot.ts'

/**
 * One transaction that wrote, as reported to subscribers of `Engine.onCommitted`; or writes that were found done, whose
 * announcement may have been lost with the result of an earlier attempt.
 */
export type Committed = {
  /** `directory`: clinics, doctors and slots. `members` are not in the log. */
  kind: 'bookings' | 'directory' | 'members'
  /**
   * The transaction's id (xid8, decimal), which is the position of its entries in the log. null: nothing was written
   * now; an earlier attempt wrote it, or another process did.
   */
  position: string | null
  /** Clinics whose own details or members changed. The clinic of a doctor is part of the doctor's id (`clinicNoOf`). */
  clinicNos: ReadonlySet<number>
  /** Doctors whose bookings, slots or details changed. */
  doctorIds: ReadonlySet<string>
  /** Accounts whose role in a clinic changed. */
  accountIds: ReadonlySet<string>
  /**
   * `bookings`: every slot of whose units more or fewer may be available now, once; a move has both its slots. Empty
   * for changes that take and free nothing: an arrival, or a hold that was confirmed or extended before it ended. Empty
   * too for the other kinds, where `doctorIds` say whose slots have changed.
   */
  slots: readonly CommittedSlot[]
  /**
   * When the counts of `slots` were read: after their rows were locked, so that of two transactions on one slot the
   * later has the later snapshot, whatever their ids. null: no count is known.
   */
  snapshot: Snapshot | null
}

/** A slot as a transaction left it. */
export type CommittedSlot = {
  slotId: string
  doctorId: string
  startsAt: Date
  /** null: it changed, and the count must be read. */
  available: number | null
  /**
   * In how many milliseconds from now, when it is announced, its next hold may lapse: too early by what the result took
   * to arrive, but never too late. null: it has no hold, or `available` is not known.
   */
  lapsesInMs: number | null
}

/** For transactions that change no slot, or that name the doctors whose slots have changed. */
export const noSlots: Pick<Committed, 'slots' | 'snapshot'> = { slots: [], snapshot: null }

/** Reports a transaction to every subscriber: after COMMIT, and before the caller gets its result. */
export type Announce = (committed: Committed) => void

/** What the slots of a doctor are has changed. */
export function announceDoctor(announce: Announce, doctorId: string, position: string | null): void {
  announce({
    kind: 'directory',
    position,
    clinicNos: new Set(),
    doctorIds: new Set([doctorId]),
    accountIds: new Set(),
    ...noSlots,
  })
}
