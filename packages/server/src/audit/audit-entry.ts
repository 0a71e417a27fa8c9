import type { AuditDetail, AuditKind } from '@holdfast/contract'

/**
 * What the security log records. Contains no text that a user entered, except what is stored as an account's id or as a
 * digest: an e-mail address, and what was searched.
 */
export type AuditEntry = {
  kind: AuditKind
  /** null: of the clinics in which the account has a role. */
  clinicNo?: number | null
  /** The account that did it; null: somebody who is not signed in. */
  actorId?: string | null
  /** Instead of `actorId`: the address of the account that did it. */
  actorEmail?: string
  subjectId?: string | null
  /**
   * What a list showed: the ids of bookings, entries of the waitlist or patients, at most {@link subjectsMax}. Beside
   * `subjectId`: the other one of two records that were merged or separated.
   */
  subjects?: readonly string[]
  /** Instead of `subjectId`: the address of the account; without an account, a digest of the address is stored. */
  subjectEmail?: string
  /** Instead of `subjectId`: what was searched. Its digest is stored, so that two searches are two events. */
  searched?: string
  /** The caller's network, see networkPrefix. */
  network?: string | null
  details?: readonly AuditDetail[]
}

/** Who looks at patients' data; a page that stays open does so again every few seconds. */
export const readKinds: readonly AuditKind[] = ['bookings_read', 'booking_read', 'patients_read', 'patient_read']

/** The pages of lists are not longer. */
export const subjectsMax = 1_000

/** An entry that happened `count` times, the last time at `atMs` of the recorder's clock. */
export type CountedEntry = { entry: AuditEntry; count: number; atMs: number }
