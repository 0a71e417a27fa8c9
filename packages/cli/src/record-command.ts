import type { AuditDetail, AuditKind } from '@holdfast/contract'
import { createAuditLog } from '@holdfast/engine'

type RecordedCommand = { kind: AuditKind; subjectId?: string; details: readonly AuditDetail[] }
type Connection = Parameters<typeof createAuditLog>[0]

/**
 * Writes to the security log what a command of the operator does.
 *
 * @param connection the transaction that does it: none of the two is stored without the other
 */
export async function recordCommand(
  connection: Connection,
  { kind, subjectId, details }: RecordedCommand,
): Promise<void> {
  const event = { kind, clinicNo: null, actorKind: 'command', actorId: null, network: null, count: 1 } as const
  await createAuditLog(connection).append([{ ...event, subjectId: subjectId ?? null, details, ageMs: 0 }])
}
