import type { AuditField } from './audit-fields.ts'
import type { auditWords } from './audit-words.ts'
import type { restOperations } from './operations.ts'
import type { MemberBody } from './schemas/account.ts'

/** What an import has created, such as `slots=20`. */
export const importLists = ['clinics', 'doctors', 'slots'] as const

/** A detail of an event of the security log. Each has a text in every language of the site. */
export type AuditDetail =
  | (typeof auditWords)[number]
  | AuditField
  | MemberBody['role']
  /** An operation that was denied. */
  | keyof typeof restOperations
  | `${number}`
  | `${(typeof importLists)[number]}=${number}`
