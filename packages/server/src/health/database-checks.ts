import type { HealthCheckBody, HealthReason } from '@holdfast/contract'
import type { ShardFigures, ShardLoad } from '../observe/database-figures.ts'
import type { ThresholdName } from '../observe/table/alert-thresholds.ts'
import { healthCheck } from './health-check.ts'
import { type Judgement, judge, unknown } from './judge.ts'
import type { DatabaseDetails } from './read-details.ts'

/** What a database says of itself. Of one that does not respond, only that is known. */
export function databaseChecks(
  { shard: database, isUp, load }: ShardFigures,
  details: DatabaseDetails | null,
): HealthCheckBody[] {
  const missing: HealthReason = isUp ? 'not_readable' : 'no_response'
  const up = judge([
    ['HoldfastDatabaseDown', !isUp],
    ['HoldfastDatabaseFiguresMissing', isUp && load === null],
  ])
  return [
    healthCheck('database', up, { database, version: details?.version ?? null }),
    schemaCheck(database, details, missing),
    ...(load === null ? unread(database, missing) : loadChecks(database, load)),
    partitionsCheck(database, details, missing),
  ]
}

function schemaCheck(database: string | null, details: DatabaseDetails | null, missing: HealthReason): HealthCheckBody {
  const runbook = 'docs/operations/upgrade.md'
  if (details === null) return healthCheck('schema', { state: 'unknown', reason: missing, runbook }, { database })
  // A server is not ready either.
  const { pending } = details
  const judgement: Judgement =
    pending > 0 ? { state: 'failed', reason: 'pending', runbook } : { state: 'ok', reason: null, runbook }
  return healthCheck('schema', judgement, pending > 0 ? { database, value: pending, unit: 'count' } : { database })
}

function partitionsCheck(
  database: string | null,
  details: DatabaseDetails | null,
  missing: HealthReason,
): HealthCheckBody {
  if (details === null || details.recorded === null) {
    return healthCheck('partitions', unknown(missing, 'HoldfastPartitionsEnd'), { database })
  }
  const left = details.recorded.partitionSecondsLeft
  const judgement = judge([
    ['HoldfastPartitionsEnd', left],
    ['HoldfastPartitionMissing', left],
  ])
  return healthCheck('partitions', judgement, { database, value: left, unit: 'seconds' })
}

const always: readonly (readonly [HealthCheckBody['name'], ThresholdName])[] = [
  ['event_tail', 'HoldfastTailHeldBack'],
  ['connections', 'HoldfastConnectionsNearlyUsed'],
  ['clock', 'HoldfastClockSkew'],
]

function unread(database: string | null, reason: HealthReason): HealthCheckBody[] {
  return always.map(([name, alert]) => healthCheck(name, unknown(reason, alert), { database }))
}

function loadChecks(database: string | null, load: ShardLoad): HealthCheckBody[] {
  const { eventTailLagSeconds: held, clockSkewSeconds: skew, replicationLagSeconds: lag } = load
  const used = load.connections / load.connectionsMax
  const retained = load.replicationRetainedBytes
  return [
    healthCheck('event_tail', judge([['HoldfastTailHeldBack', held]]), { database, value: held, unit: 'seconds' }),
    healthCheck('connections', judge([['HoldfastConnectionsNearlyUsed', used]]), {
      database,
      value: used,
      unit: 'share',
    }),
    healthCheck('clock', judge([['HoldfastClockSkew', Math.abs(skew)]]), { database, value: skew, unit: 'seconds' }),
    // There is no standby, or this role may not see it.
    ...(Number.isNaN(lag) ? [] : [healthCheck('standbys', lateness(lag), { database, value: lag, unit: 'seconds' })]),
    ...(retained === 0
      ? []
      : [
          healthCheck('retained_wal', judge([['HoldfastWalRetained', retained]]), {
            database,
            value: retained,
            unit: 'bytes',
          }),
        ]),
  ]
}

/** Of a standby, in seconds. */
function lateness(seconds: number): Judgement {
  return judge([
    ['HoldfastReplicaLate', seconds],
    ['HoldfastReplicaVeryLate', seconds],
  ])
}

/**
 * A replica that serves reads. `lagMs` null: it cannot be used. `isMeasured` false: nothing is known about it, because
 * its primary does not respond.
 */
export type KnownReplica = { database: string | null; name: string; lagMs: number | null; isMeasured: boolean }

export function replicaCheck({ database, name, lagMs, isMeasured }: KnownReplica): HealthCheckBody {
  if (!isMeasured) return healthCheck('replica', unknown('not_readable', 'HoldfastReplicaAway'), { database, of: name })
  const seconds = lagMs === null ? null : lagMs / 1_000
  const judgement = seconds === null ? judge([['HoldfastReplicaAway', true]]) : lateness(seconds)
  return healthCheck('replica', judgement, { database, of: name, value: seconds, unit: 'seconds' })
}
