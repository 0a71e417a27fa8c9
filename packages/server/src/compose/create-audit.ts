import { AuditRecorder, type AuditRecorderDeps } from '../audit/audit-recorder.ts'
import { ShardedAuditRecorder } from '../audit/sharded-audit-recorder.ts'
import type { OpenShards } from './shards/shards.ts'

/** Collects events of the security log; on Citus, those of each shard separately. */
export function createAudit(
  { all, common, coordinator, shardOf }: OpenShards,
  deps: Omit<AuditRecorderDeps, 'append'>,
): Pick<AuditRecorder, 'record' | 'stop'> {
  const { append, byClinic } = common.engine.auditLog
  if (coordinator === null) return new AuditRecorder({ ...deps, append })
  const appends = new Map(all.map((shard) => [shard, shard.engine.auditLog.append]))
  return new ShardedAuditRecorder({ ...deps, byClinic, appends, shardOf })
}
