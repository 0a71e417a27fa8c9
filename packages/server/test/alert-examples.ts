/** Series by their name, with their values a minute apart, as promtool writes them: `0x20` is 0, 21 times. */
export type Series = Readonly<Record<string, string>>

/** What an alert fires for within so many minutes (default: 20), and what it does not. */
export type AlertExample = { fires: readonly Series[]; silent: readonly Series[]; minutes?: number }

const nan = Array(21).fill('NaN').join(' ')
/** promtool's clock begins in 1970, so that a time in seconds is also an age. */
const dayS = 86_400

const requests = (status: string, route = '/api/v1/bookings') =>
  `holdfast_http_request_duration_seconds_count{route="${route}",method="POST",status="${status}"}`
const ofEach = (failed: number, ok: number, route?: string): Series => ({
  [requests('503', route)]: `0+${failed}x20`,
  [requests('201', route)]: `0+${ok}x20`,
})
const liveRoute = '/api/v1/live/events'

/** Requests a minute, of which so many take at most 1 s, and 2 s, and all others 5 s. `mean`: seconds of each. */
const durations = (upTo1: number, upTo2: number, mean = 0.1, all = 100, route = '/api/v1/bookings'): Series => {
  const of = (suffix: string, more = '') =>
    `holdfast_http_request_duration_seconds_${suffix}{${more}route="${route}",method="GET",status="200"}`
  return {
    [of('bucket', 'le="1",')]: `0+${upTo1}x20`,
    [of('bucket', 'le="2",')]: `0+${upTo2}x20`,
    [of('bucket', 'le="5",')]: `0+${all}x20`,
    [of('bucket', 'le="+Inf",')]: `0+${all}x20`,
    [of('count')]: `0+${all}x20`,
    [of('sum')]: `0+${all * mean}x20`,
  }
}

const cacheReads = (hits: number, misses: number): Series => ({
  'holdfast_cache_reads_total{result="hit"}': `0+${hits}x20`,
  'holdfast_cache_reads_total{result="miss"}': `0+${misses}x20`,
})

const pool = (used: number, name = 'read'): Series => ({
  [`holdfast_pool_connections{instance="a",pool="${name}",state="used"}`]: `${used}x20`,
  [`holdfast_pool_connections_max{instance="a",pool="${name}"}`]: '10x20',
})

const waiting = (name: string) => `holdfast_pool_connections{instance="a",pool="${name}",state="waiting"}`
const job = (failed: boolean, name = 'sweep') => `holdfast_job_runs_total{job="${name}",failed="${failed}"}`
const dead = 'holdfast_broker_failures_total{queue="analytics",outcome="dead"}'
const lost = 'holdfast_audit_events_total{outcome="lost"}'
const restorable = 'holdfast_backup_restorable_timestamp_seconds'
const interval = 'holdfast_backup_interval_seconds'
const restoreTest = 'holdfast_restore_test_timestamp_seconds'
const certificate = 'holdfast_certificate_expiry_timestamp_seconds'
const up = 'holdfast_database_up'
const partition = 'holdfast_partition_seconds_left'
const standby = 'holdfast_replication_lag_seconds'
const replica = 'holdfast_replica_lag_seconds{node="b"}'
const mails = 'holdfast_account_mails_waiting_seconds'
const skew = 'holdfast_database_clock_skew_seconds{instance="a"}'
const slow = (name: string) => `holdfast_database_slow_uses_total{pool="${name}"}`

const messages = (sent: string, again: string): Series => ({
  'holdfast_messages_total{channel="email",outcome="sent"}': sent,
  'holdfast_messages_total{channel="email",outcome="again"}': again,
})

const disk = (free: number, size: number): Series => ({
  'holdfast_disk_free_bytes{instance="a",directory="data"}': `${free}x20`,
  'holdfast_disk_size_bytes{instance="a",directory="data"}': `${size}x20`,
})

const connections = (used: number): Series => ({
  holdfast_database_connections: `${used}x20`,
  holdfast_database_connections_max: '100x20',
})

/** Of a metric that is constant. */
const constant = (name: string, fires: number | string, silent: number | string): AlertExample => ({
  fires: [{ [name]: `${fires}x20` }],
  silent: [{ [name]: `${silent}x20` }],
})

const ofRequests: Readonly<Record<string, AlertExample>> = {
  HoldfastNoServer: { fires: [{}], silent: [{ 'holdfast_queue_depth{queue="claim"}': '0x20' }] },
  HoldfastProcessDown: constant('up{job="holdfast-servers",instance="a"}', 0, 1),
  HoldfastRequestsFail: {
    fires: [ofEach(3, 97), ofEach(10, 90)],
    // Few requests, and connections for live updates that the server closes when it stops.
    silent: [ofEach(1, 99), ofEach(1, 2), ofEach(50, 50, liveRoute)],
  },
  HoldfastRequestsFailOften: { fires: [ofEach(6, 94)], silent: [ofEach(4, 96), ofEach(1, 2)] },
  HoldfastResponsesSlow: {
    fires: [durations(90, 100)],
    silent: [durations(97, 100), durations(3, 4, 0.1, 4), durations(0, 0, 60, 100, liveRoute)],
  },
  HoldfastResponsesVerySlow: { fires: [durations(90, 98)], silent: [durations(90, 100), durations(3, 3, 0.1, 4)] },
  HoldfastMeanResponseSlow: {
    fires: [durations(90, 95, 0.6)],
    silent: [durations(90, 95, 0.4), durations(4, 4, 0.6, 4), durations(0, 0, 60, 100, liveRoute)],
  },
  HoldfastCacheHitsFew: { fires: [cacheReads(600, 400)], silent: [cacheReads(800, 200), cacheReads(1, 9)] },
  HoldfastCacheHitsVeryFew: { fires: [cacheReads(400, 600)], silent: [cacheReads(600, 400), cacheReads(1, 9)] },
  HoldfastEventLoopLate: constant('holdfast_nodejs_eventloop_lag_p99_seconds{instance="a"}', 0.7, 0.1),
  HoldfastRedisAway: constant('holdfast_redis_available', 0, 1),
  HoldfastCertificateEnds: {
    fires: [{ [certificate]: `${13 * dayS}x20` }],
    silent: [{ [certificate]: `${15 * dayS}x20` }, { [certificate]: nan }],
  },
  HoldfastCertificateEnded: {
    fires: [{ [certificate]: `${dayS / 2}x20` }, { [certificate]: '0x20' }],
    silent: [{ [certificate]: `${2 * dayS}x20` }, { [certificate]: nan }],
  },
}

const ofDatabases: Readonly<Record<string, AlertExample>> = {
  HoldfastDatabaseDown: {
    fires: [{ [up]: '0x20' }, { [`${up}{shard="south"}`]: '1x10 0x9' }],
    silent: [{ [up]: '1x20' }],
  },
  HoldfastDatabaseFiguresMissing: {
    fires: [
      {},
      { [partition]: nan },
      { [partition]: '5000000x20', [up]: '1x20' },
      { [partition]: '5000000x20', ...connections(7), [up]: '1x20', [`${up}{shard="south"}`]: '1x20' },
    ],
    silent: [
      { [partition]: '5000000x20', ...connections(7), [up]: '1x20' },
      // Something is wrong, and another alert reports it.
      { [partition]: '-5x20', ...connections(7), [up]: '1x20' },
      { [partition]: '5000000x20', ...connections(7), [up]: '1x20', [`${up}{shard="south"}`]: '0x20' },
    ],
  },
  HoldfastPoolNearlyUsed: { fires: [pool(9)], silent: [pool(8), pool(10, 'jobs')] },
  HoldfastPoolExhausted: {
    fires: [{ [waiting('read')]: '2x20' }],
    silent: [
      { [waiting('read')]: '0x20' },
      { [waiting('read')]: '0x15 5x1 0x3' },
      { [waiting('jobs')]: '2x20', [waiting('probes')]: '2x20' },
    ],
  },
  HoldfastConnectionsNearlyUsed: { fires: [connections(85)], silent: [connections(70)] },
  HoldfastLocksWaitedFor: {
    fires: [{ holdfast_database_lock_waits: '1x20' }],
    silent: [{ holdfast_database_lock_waits: '0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0' }],
  },
  HoldfastDeadlocks: {
    fires: [{ holdfast_database_deadlocks_total: '0x10 9x9' }],
    silent: [{ holdfast_database_deadlocks_total: '7x10 8x9' }],
  },
  HoldfastStatementsSlow: {
    fires: [{ [slow('read')]: '0+20x30' }],
    silent: [{ [slow('read')]: '0+1x30' }, { [slow('jobs')]: '0+20x30' }],
    minutes: 30,
  },
  HoldfastTailHeldBack: constant('holdfast_event_tail_lag_seconds', 8, 2),
  HoldfastClockSkew: {
    fires: [{ [skew]: '1.5x20' }, { [skew]: '-1.5x20' }],
    silent: [{ [skew]: '0.2x20' }, { [skew]: '-0.2x20' }],
  },
  HoldfastReplicaLate: {
    fires: [{ [standby]: '2x20' }, { [replica]: '2x20' }],
    silent: [{ [standby]: '0.5x20', [replica]: '0.5x20' }, { [standby]: nan }],
  },
  HoldfastReplicaVeryLate: {
    fires: [{ [standby]: '6x20' }, { [replica]: '6x20' }],
    silent: [{ [standby]: '2x20', [replica]: '2x20' }],
  },
  HoldfastReplicaAway: constant('holdfast_replica_up{node="b"}', 0, 1),
  HoldfastWalRetained: {
    fires: [{ holdfast_replication_retained_bytes: '20000000000x30' }],
    silent: [{ holdfast_replication_retained_bytes: '1000000000x30' }],
    minutes: 30,
  },
  HoldfastPartitionsEnd: constant(partition, 3_000_000, 5_000_000),
  HoldfastPartitionMissing: constant(partition, 500_000, 3_000_000),
  HoldfastDiskFills: { fires: [disk(5e9, 1e11)], silent: [disk(5e10, 1e11)] },
  HoldfastDiskFull: { fires: [disk(5e8, 1e10)], silent: [disk(2e9, 1e12)] },
}

const ofWork: Readonly<Record<string, AlertExample>> = {
  HoldfastJobsNotObserved: { fires: [{}], silent: [{ [job(false)]: '0x20' }] },
  HoldfastJobsStopped: {
    fires: [
      { [job(false)]: '7x30', [job(false, 'messages')]: '0+1x30' },
      { [job(false)]: '0+1x30', [job(false, 'security-log')]: '7x30' },
    ],
    silent: [{ [job(false)]: '0+1x30', [job(false, 'security-log')]: '0+1x30', [job(false, 'erasures')]: '0x30' }],
    minutes: 30,
  },
  HoldfastJobsFail: {
    fires: [{ [job(true)]: '0x10 3x9' }],
    // A counter that appears with the first failure: Prometheus sees no growth.
    silent: [{ [job(true)]: '0x10 1x9' }, { [job(true)]: '_x10 3x9' }, { [job(true)]: '0x20', [job(false)]: '0+1x20' }],
  },
  HoldfastRelayLate: {
    fires: [{ 'holdfast_relay_waiting_seconds{receiver="email"}': '0+60x20' }],
    silent: [{ 'holdfast_relay_waiting_seconds{receiver="email"}': '0x20' }],
  },
  HoldfastMessagesFail: {
    fires: [messages('5x20', '0x10 4x9')],
    silent: [messages('0+1x20', '0+4x20'), messages('0x20', '0x10 1x9'), messages('0+9x20', '0x20')],
  },
  HoldfastAccountMailsLate: { fires: [{ [mails]: '0+60x20' }], silent: [{ [mails]: '0x20' }] },
  HoldfastDeadLetters: { fires: [{ [dead]: '0x10 1x9' }], silent: [{ [dead]: '0x20' }, { [dead]: '_x10 1x9' }] },
  HoldfastDeadLettersMany: { fires: [{ [dead]: '0+20x20' }], silent: [{ [dead]: '0+5x20' }] },
  HoldfastAuditLost: { fires: [{ [lost]: '0x10 1x9' }], silent: [{ [lost]: '0x20' }, { [lost]: '_x10 1x9' }] },
}

const ofSafety: Readonly<Record<string, AlertExample>> = {
  HoldfastVerifyFails: {
    fires: [{ holdfast_verify_failing_seconds: '0+60x20' }],
    silent: [{ holdfast_verify_failing_seconds: '0x20' }],
  },
  HoldfastBackupOld: {
    fires: [
      { [restorable]: '0x20', [interval]: '60x20' },
      { [restorable]: '0x20', [interval]: '200x20' },
    ],
    silent: [
      { [restorable]: '0+60x20', [interval]: '60x20' },
      { [restorable]: '0x20', [interval]: '3600x20' },
      { [restorable]: '0x20', [interval]: nan },
    ],
  },
  HoldfastBackupVeryOld: {
    fires: [{ [restorable]: '-100000x90', [interval]: '60x90' }],
    silent: [
      { [restorable]: '0x90', [interval]: '60x90' },
      { [restorable]: '-100000x90', [interval]: Array(91).fill('NaN').join(' ') },
    ],
    minutes: 90,
  },
  HoldfastBackupFails: {
    fires: [{ holdfast_backup_failing_seconds: '0+60x20' }],
    silent: [{ holdfast_backup_failing_seconds: '0x20' }],
  },
  HoldfastRestoreUntested: {
    fires: [{ [restoreTest]: `${-41 * dayS}x20`, [interval]: '60x20' }],
    silent: [
      { [restoreTest]: `${-39 * dayS}x20`, [interval]: '60x20' },
      { [restoreTest]: `${-41 * dayS}x20`, [interval]: nan },
    ],
  },
  HoldfastRestoreTestFails: {
    fires: [{ holdfast_restore_test_failing_seconds: '0+60x20' }],
    silent: [{ holdfast_restore_test_failing_seconds: '0x20' }],
  },
}

/** For each alert of deploy/prometheus/alerts.yml. */
export const alertExamples: Readonly<Record<string, AlertExample>> = {
  ...ofRequests,
  ...ofDatabases,
  ...ofWork,
  ...ofSafety,
}
