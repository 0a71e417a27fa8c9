/** Figures of one batch, reported when it is over. */
export type BatchReport = {
  queue: string
  /** Items sent. */
  size: number
  /** How long the database took, with the COMMIT, milliseconds. */
  durationMs: number
  /** How long the oldest item had waited before it was sent, milliseconds. */
  waitMs: number
  failed: boolean
  /** The SQLSTATE of an error that is neither a wait for a lock nor a lost connection; null: there was none. */
  refusedWith: string | null
}
