import type { AuditKind } from '@holdfast/contract'
import type { AuditEntry } from './audit-entry.ts'

type Counted = { endsMs: number; rows: number }

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** What strangers can cause as often as they like. */
const strangerKinds: readonly AuditKind[] = [
  'sign_up',
  'sign_in_failed',
  'sign_in_delayed',
  'password_link_requested',
  'password_reset_failed',
  'email_change_undo_failed',
]
/** Rows of one network in an hour. */
export const networkRowsMax = 100
/** Rows of all networks in a minute. */
export const allRowsMax = 300

/** Whether these events concern nobody in particular unless their account has a role. */
export function isOfStrangers({ kind, details }: AuditEntry): boolean {
  return strangerKinds.includes(kind) && details?.includes('merged') !== true
}

/**
 * Bounds how many rows strangers can cause. Networks are counted one by one, so that nobody uses up what others may
 * cause; many networks together have a bound too.
 */
export class StrangerLimits {
  readonly #networks = new Map<string, Counted>()
  #all: Counted = { endsMs: 0, rows: 0 }

  /** Counts an entry of strangers. @returns it, or beyond the limits an entry that does not say whom it concerns */
  limited(entry: AuditEntry, nowMs: number): AuditEntry {
    if (this.#all.endsMs <= nowMs) {
      this.#all = { endsMs: nowMs + minuteMs, rows: 0 }
      for (const [network, { endsMs }] of this.#networks) if (endsMs <= nowMs) this.#networks.delete(network)
    }
    const { kind, network = null } = entry
    const ofNetwork = this.#networks.get(network ?? '') ?? { endsMs: nowMs + hourMs, rows: 0 }
    if (ofNetwork.rows >= networkRowsMax) return { kind, clinicNo: 0, network, details: ['merged'] }
    if (this.#all.rows >= allRowsMax) return { kind, clinicNo: 0, details: ['merged'] }
    ofNetwork.rows += 1
    this.#all.rows += 1
    this.#networks.set(network ?? '', ofNetwork)
    return entry
  }
}
