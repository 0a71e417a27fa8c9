import type { AuditDetail } from '@holdfast/contract'
import type { AuditEntry } from './audit-entry.ts'

/** What the security log has of the search in a list of patients; the same text in other spellings is one search. */
export function searchOf(q: string | undefined, ...list: AuditDetail[]): Pick<AuditEntry, 'details' | 'searched'> {
  const searched = q?.trim().toLowerCase() ?? ''
  return searched === '' ? { details: list } : { details: [...list, 'search'], searched }
}
