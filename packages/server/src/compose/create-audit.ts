import { AuditRecorder, type AuditRecorderDeps } from '../audit/audit-recorder.ts'
import { PlacedAuditRecorder } from '../audit/placed-audit-recorder.ts'
import type { Places } from './places.ts'

/** Collects events of the security log; on Citus, those of each place separately. */
export function createAudit(
  { all, common, placeOf }: Pick<Places, 'all' | 'common' | 'placeOf'>,
  deps: Omit<AuditRecorderDeps, 'append'>,
): Pick<AuditRecorder, 'record' | 'stop'> {
  const { append, byClinic } = common.engine.auditLog
  if (placeOf === null) return new AuditRecorder({ ...deps, append })
  const appends = new Map(all.map((place) => [place, place.engine.auditLog.append]))
  return new PlacedAuditRecorder({ ...deps, byClinic, appends, placeOf })
}
