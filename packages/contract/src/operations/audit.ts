import type { auditWords } from '../audit-words.ts'
import type { MemberBody } from '../schemas/account.ts'
import type { AuditKind } from '../schemas/audit-event.ts'

/**
 * What the security log records of a request that succeeds, beside who sent it, and the clinic of its path or body. A
 * trial (`dryRun`) is not recorded, but for the bookings that it shows: the handler records these as read.
 */
export type Audit = {
  kind: AuditKind
  /** Where the id is of what it was done to: a parameter of the path, a field of the body, or `id` of the response. */
  subject?: string
  details?: readonly ((typeof auditWords)[number] | MemberBody['role'])[]
  /** The names of the fields of the body follow the details. */
  fields?: true
  /** Recorded only for the clinic's desk. What patients do with their own is not recorded. */
  byDesk?: true
  /** The handler records it, because it alone knows the details, or how often it happened. */
  byHandler?: true
}

/** Why the security log has nothing of the requests of an operation. */
export type NotAudited = { none: string }

export const inEventLog = { none: 'the event log has it, with who did it' } as const satisfies NotAudited
export const changesNothing = { none: 'changes nothing' } as const satisfies NotAudited
export const ownChoice = { none: 'changes only choices of whoever sends it' } as const satisfies NotAudited
export const ownData = { none: 'reads what is the caller’s own' } as const satisfies NotAudited
export const noPatients = { none: 'has no patient' } as const satisfies NotAudited
