import type { RetentionKindBody } from '@holdfast/contract'
import { type ClinicSettings, type RetentionKind, retentionKindNames, retentionKinds } from '@holdfast/vocabulary'

/** The settings of the server by which data is deleted. `backupTo`: null: Holdfast takes no backups. */
export type StoredFor = { auditMonths: number; backupTo: string | null; backupDays: number }

/** How long each kind of data of a clinic is stored. */
export function retentionKindBodies(settings: ClinicSettings, storedFor: StoredFor): RetentionKindBody[] {
  return retentionKindNames.map((kind) => {
    const described: RetentionKind = retentionKinds[kind]
    const { by, deletedBy } = described
    const setting = 'setting' in described ? described.setting : null
    const amount = amountOf(described, settings, storedFor)
    return { kind, by, setting, amount, unit: amount === null ? null : unitOf(described), deletedBy }
  })
}

const unitOf = (kind: RetentionKind) => ('unit' in kind ? kind.unit : null)

function amountOf(kind: RetentionKind, settings: ClinicSettings, storedFor: StoredFor): number | null {
  if (kind.by === 'clinic') return settings[kind.setting]
  if (kind.by === 'fixed') return kind.amount
  if (kind.by !== 'operator') return null
  if (kind.setting === 'HOLDFAST_AUDIT_MONTHS') return storedFor.auditMonths
  // Backups that Holdfast does not take are the operator's.
  return storedFor.backupTo === null ? null : storedFor.backupDays
}
