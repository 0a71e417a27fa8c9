import type { AuditField } from '@holdfast/contract'

/** The names of the fields that a request changes, as the security log records them. */
export function changedFields<Change extends object>(
  change: keyof Change extends AuditField ? Change : never,
): AuditField[] {
  return Object.keys(change) as AuditField[]
}
