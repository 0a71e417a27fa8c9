import type { DatabaseLoad } from '@holdfast/engine'
import type { Registry } from 'prom-client'
import { addGauge, addSampleCounter, addSampleGauge, type Sample } from './figures.ts'
import type { MetricName } from './table/metric-table.ts'

/**
 * `partitionSecondsLeft`: until the first database can write no more bookings. `accountMails…`: e-mails with links,
 * invitations and notices that have not been sent, and for how long the oldest has waited. A backup has the newest
 * moment that can be restored, in seconds since 1970, and a restore test and a verification the time at which it last
 * found no fault; 0: never. `backupIntervalSeconds`: NaN: backups are off.
 */
export type InstallationFigures = {
  partitionSecondsLeft: number
  accountMailsWaiting: number
  accountMailSecondsWaiting: number
  backupRestorableSeconds: number
  backupFailingSeconds: number
  backupIntervalSeconds: number
  restoreTestedSeconds: number
  restoreTestFailingSeconds: number
  verifiedSeconds: number
  verifyFailingSeconds: number
}

/** With the age of the oldest event that a tail of the log may not read yet; 0: there is none. */
export type ShardLoad = DatabaseLoad & { eventTailLagSeconds: number }

/** `shard`: the name of one of several databases; null: the only one. `load` null: it could not be read. */
export type ShardFigures = { shard: string | null; isUp: boolean; load: ShardLoad | null }

/** `installation` null: it could not be read. */
export type DatabaseFigures = { installation: InstallationFigures | null; shards: readonly ShardFigures[] }

const databaseFiguresMs = 1_000

type OfInstallation = { name: MetricName; figure: keyof InstallationFigures; aggregator: 'max' | 'min' }

const installationGauges: readonly OfInstallation[] = [
  { name: 'holdfast_partition_seconds_left', figure: 'partitionSecondsLeft', aggregator: 'min' },
  { name: 'holdfast_account_mails_waiting', figure: 'accountMailsWaiting', aggregator: 'max' },
  { name: 'holdfast_account_mails_waiting_seconds', figure: 'accountMailSecondsWaiting', aggregator: 'max' },
  { name: 'holdfast_backup_restorable_timestamp_seconds', figure: 'backupRestorableSeconds', aggregator: 'max' },
  { name: 'holdfast_backup_failing_seconds', figure: 'backupFailingSeconds', aggregator: 'max' },
  { name: 'holdfast_backup_interval_seconds', figure: 'backupIntervalSeconds', aggregator: 'max' },
  { name: 'holdfast_restore_test_timestamp_seconds', figure: 'restoreTestedSeconds', aggregator: 'max' },
  { name: 'holdfast_restore_test_failing_seconds', figure: 'restoreTestFailingSeconds', aggregator: 'max' },
  { name: 'holdfast_verify_timestamp_seconds', figure: 'verifiedSeconds', aggregator: 'max' },
  { name: 'holdfast_verify_failing_seconds', figure: 'verifyFailingSeconds', aggregator: 'max' },
]

type OfShard = { name: MetricName; figure: keyof ShardLoad }

const shardGauges: readonly OfShard[] = [
  { name: 'holdfast_active_holds', figure: 'activeHolds' },
  { name: 'holdfast_lapsed_holds', figure: 'lapsedHolds' },
  { name: 'holdfast_theatre_holds', figure: 'theatreHolds' },
  { name: 'holdfast_waitlist_entries', figure: 'waitlistEntries' },
  { name: 'holdfast_waitlist_offers', figure: 'waitlistOffers' },
  { name: 'holdfast_event_tail_lag_seconds', figure: 'eventTailLagSeconds' },
  { name: 'holdfast_database_clock_skew_seconds', figure: 'clockSkewSeconds' },
  { name: 'holdfast_database_connections', figure: 'connections' },
  { name: 'holdfast_database_connections_max', figure: 'connectionsMax' },
  { name: 'holdfast_database_lock_waits', figure: 'lockWaits' },
  { name: 'holdfast_replication_lag_seconds', figure: 'replicationLagSeconds' },
  { name: 'holdfast_replication_retained_bytes', figure: 'replicationRetainedBytes' },
]

const shardCounters: readonly OfShard[] = [
  { name: 'holdfast_database_deadlocks_total', figure: 'deadlocks' },
  { name: 'holdfast_database_commits_total', figure: 'commits' },
  { name: 'holdfast_database_rollbacks_total', figure: 'rollbacks' },
]

/**
 * What the databases say, the same to every process. What cannot be read of one is missing; the figures of the whole
 * installation are NaN then.
 */
export function addDatabaseFigures(registry: Registry, readDatabase: () => Promise<DatabaseFigures>): void {
  const read = throttled(readDatabase)
  for (const { figure, ...options } of installationGauges) {
    addGauge(registry, { ...options, read: async () => (await read()).installation?.[figure] ?? Number.NaN })
  }
  const ofShards = async (figure: keyof ShardLoad, more: Record<string, string> = {}): Promise<Sample[]> =>
    (await read()).shards.flatMap(({ shard, load }) =>
      load === null ? [] : [{ labels: { ...labelsOf(shard), ...more }, value: load[figure] }],
    )
  // All processes read the same: of several on this machine, one counts.
  const aggregator = 'max'
  for (const { name, figure } of shardGauges) {
    addSampleGauge(registry, { name, aggregator, read: () => ofShards(figure) })
  }
  for (const { name, figure } of shardCounters) {
    addSampleCounter(registry, { name, aggregator, read: () => ofShards(figure) })
  }
  addSampleCounter(registry, {
    name: 'holdfast_database_blocks_total',
    aggregator,
    read: async () => [
      ...(await ofShards('blocksFromMemory', { from: 'memory' })),
      ...(await ofShards('blocksFromOutside', { from: 'outside' })),
    ],
  })
  addSampleGauge(registry, {
    name: 'holdfast_database_up',
    aggregator: 'min',
    read: async () =>
      (await read()).shards.map(({ shard, isUp }) => ({ labels: labelsOf(shard), value: isUp ? 1 : 0 })),
  })
}

function labelsOf(shard: string | null): Record<string, string> {
  return shard === null ? {} : { shard }
}

/** Calls `read` at most once per {@link databaseFiguresMs}. */
function throttled(read: () => Promise<DatabaseFigures>): () => Promise<DatabaseFigures> {
  let figures: Promise<DatabaseFigures> | null = null
  let readAt = 0
  return () => {
    if (figures === null || performance.now() - readAt > databaseFiguresMs) {
      readAt = performance.now()
      // It logs what it cannot read.
      figures = read().catch(() => ({ installation: null, shards: [] }))
    }
    return figures
  }
}
