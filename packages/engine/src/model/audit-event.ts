import type { Page } from './page.ts'

/** Who caused an event: an account, somebody who was not signed in, a command of the operator, or the server itself. */
type AuditActorKind = 'account' | 'api_key' | 'nobody' | 'command' | 'system'

/** An event of the security log to append. */
export type NewAuditEvent = {
  kind: string
  /** null: the clinics in which the account has a role, one row for each; if it has none, no clinic. */
  clinicNo: number | null
  actorKind: AuditActorKind
  /** The account of actorKind `account`; otherwise null. */
  actorId: string | null
  /** What it was done to. */
  subjectId: string | null
  /** What a list showed: the ids of bookings, entries of the waitlist or patients. */
  subjects?: readonly string[]
  /** The network in CIDR notation, /24 or /48; null: not known, as for commands. */
  network: string | null
  /** Words such as a role or the names of fields; never values that somebody entered. */
  details: readonly string[]
  /** How often it happened within a minute. */
  count: number
  /** How long ago it happened last, so that the database's clock gives the time. */
  ageMs: number
}

export type AuditEvent = Omit<NewAuditEvent, 'clinicNo' | 'ageMs' | 'details' | 'subjects'> & {
  /** Unique, and later events have greater ones. */
  id: string
  at: Date
  /** null: it belongs to no clinic. */
  clinicId: string | null
  clinicName: string | null
  subjects: string[]
  details: string[]
  /** The event's place in its chain: those of an {@link AuditHead}. null: it is not sealed yet. */
  epoch: string | null
  no: string | null
  hash: string | null
}

export type AuditEventsQuery = {
  /** null: the events of all clinics and of none. */
  clinicNo: number | null
  /** Leaves out clinics that require a second factor, if the events are of all clinics. */
  onlyWithoutFactor: boolean
  kind: string | null
  /** Only what this account did or what was done to it. */
  accountId: string | null
  /** The first moment, and the first one after the last. */
  from: Date | null
  to: Date | null
  limit: number
  cursor: string | null
}

export type AuditLog = {
  /** Appends all events or none. */
  append(events: readonly NewAuditEvent[]): Promise<void>
  /** The events, each once for each clinic that it belongs to; 0: none. On one database, they stay as they are. */
  byClinic(events: readonly NewAuditEvent[]): Promise<readonly NewAuditEvent[]>
  /** The accounts of these that have a role in a clinic, or administer the site. */
  withRole(accountIds: string[]): Promise<Set<string>>
  /** The newest first. @throws InvalidCursor */
  events(query: AuditEventsQuery): Promise<Page<AuditEvent>>
}

/** An event of a chain of the security log, such as the last one. `hash`: 64 hexadecimal digits. */
export type AuditHead = { clinicNo: number; epoch: string; no: string; hash: string }
