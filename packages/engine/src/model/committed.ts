/** One transaction that wrote, as reported to subscribers of `Engine.onCommitted`. */
export type Committed = {
  /** `directory`: clinics, doctors and slots. `members` are not in the log. */
  kind: 'bookings' | 'directory' | 'members'
  /**
   * The transaction's id (xid8, decimal), which is the position of its entries in the log. null: nothing was written
   * now, but an earlier attempt may have written it, whose result was lost.
   */
  position: string | null
  /** Clinics whose own details or members changed. The clinic of a doctor is part of the doctor's id (`clinicNoOf`). */
  clinicNos: ReadonlySet<number>
  /** Doctors whose bookings, slots or details changed. */
  doctorIds: ReadonlySet<string>
  /** Accounts whose role in a clinic changed. */
  accountIds: ReadonlySet<string>
}

/** Reports a transaction to every subscriber: after COMMIT, and before the caller gets its result. */
export type Announce = (committed: Committed) => void
