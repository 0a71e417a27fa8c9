import type { AuditDetail, AuditKind } from '@holdfast/contract'
import { createAuditLog, createPool } from '@holdfast/engine'

type RecordedCommand = { kind: AuditKind; subjectId?: string; details: readonly AuditDetail[] }

/** Writes to the security log what a command of the operator has done. */
export async function recordCommand(ownerUrl: string, { kind, subjectId, details }: RecordedCommand): Promise<void> {
  const pool = createPool({ url: ownerUrl, max: 1, name: 'holdfast security log' })
  try {
    const event = { kind, clinicNo: null, actorKind: 'command', actorId: null, network: null, count: 1 } as const
    await createAuditLog(pool).append([{ ...event, subjectId: subjectId ?? null, details, ageMs: 0 }])
  } finally {
    await pool.end()
  }
}
