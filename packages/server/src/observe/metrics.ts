import type { BatchReport, ClaimOutcome } from '@holdfast/engine'
import type pg from 'pg'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { addDatabaseFigures, type DatabaseFigures } from './database-figures.ts'
import { addCounter, addCounters, addGauge, addGauges } from './figures.ts'
import { RequestDurations } from './request-durations.ts'

export type Metrics = {
  registry: Registry
  /** What /metrics responds, in Prometheus's format. */
  text(): Promise<string>
  /** Records a completed request by its route pattern (never its path), method and status. */
  requestCompleted(request: { route: string; method: string; status: number; seconds: number }): void
  batchDone(report: BatchReport): void
  claimsDone(outcomes: readonly (ClaimOutcome['kind'] | 'error')[]): void
  auditDone(events: { written?: number; lost?: number }): void
  /** This process runs these jobs: their counters begin at 0, so that an alert sees the first failure. */
  jobsKnown(names: readonly string[]): void
  jobDone(job: { name: string; count: number; failed: boolean }): void
  /** Events of these times were forwarded. */
  relayed(forwarded: { receiver: string; times: readonly Date[] }): void
  /**
   * `since`: when the oldest event was written that is being forwarded; null: none is. `shard`: the log that it is in,
   * if there are several: the longest wait counts.
   */
  relayWaiting(waiting: { receiver: string; since: Date | null; shard?: string }): void
  /** This process retries events of these consumers: their counters begin at 0. */
  queuesKnown(queues: readonly string[]): void
  /** A consumer at the broker could not process an event. */
  eventFailed(failure: { queue: string; isDead: boolean }): void
}

/** `misses` waited for a load; `stale` got the last known response because the database was unavailable. */
export type CacheFigures = { hits: number; misses: number; loads: number; stale: number; bytes: number }

/** Queries for the calendar: of days, of changed slots, of doctors with their holds. `slots`: in memory now. */
export type CalendarFigures = {
  loads: number
  patches: number
  doctorReads: number
  patchedSlots: number
  slots: number
}

export type QueueDepths = Record<string, { queued: number; inFlight: number; slow: number }>

export type ServingSources = {
  queueDepths: () => QueueDepths
  cacheFigures: () => CacheFigures
  calendarFigures: () => CalendarFigures
}

export type MetricsSources = {
  /** The pools by their label, which several can have. */
  pools: () => Record<string, readonly pg.Pool[]>
  /** null: this process serves no requests; it only runs the jobs. */
  serving: ServingSources | null
  /** Called when the metrics are read, at most once per second. */
  readDatabase: () => Promise<DatabaseFigures>
  /** The metrics of all server processes, in Prometheus's format. undefined: this is the only one. */
  readAll?: (() => Promise<string>) | undefined
}

const queueSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const lagSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600]
const batchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

/**
 * All metrics of this process, in a separate registry. Label values come from fixed sets only. `aggregator`: what the
 * values of several server processes become; by default they are added up.
 */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'holdfast_' })
  const { requests, claims, size, seconds, wait, jobs, jobCounts, auditEvents } = addCounts(registry)
  addSources(registry, sources)
  const relay = addRelayFigures(registry)
  const eventFailures = addEventFailures(registry)
  const batchRefused = addBatchRefusals(registry)

  return {
    registry,
    text: sources.readAll ?? (() => registry.metrics()),
    requestCompleted: ({ route, method, status, seconds: took }) => requests.observe(route, method, status, took),
    batchDone(report) {
      size.observe({ queue: report.queue }, report.size)
      seconds.observe({ queue: report.queue, failed: String(report.failed) }, report.durationMs / 1000)
      wait.observe({ queue: report.queue }, report.waitMs / 1000)
      if (report.refusedWith !== null) batchRefused.inc({ queue: report.queue, sqlstate: report.refusedWith })
    },
    claimsDone(outcomes) {
      for (const outcome of outcomes) claims.inc({ outcome })
    },
    auditDone({ written = 0, lost = 0 }) {
      auditEvents.inc({ outcome: 'written' }, written)
      auditEvents.inc({ outcome: 'lost' }, lost)
    },
    jobsKnown(names) {
      for (const job of names) {
        for (const failed of ['true', 'false']) jobs.inc({ job, failed }, 0)
      }
    },
    jobDone({ name, count, failed }) {
      jobs.inc({ job: name, failed: String(failed) })
      jobCounts.inc({ job: name }, count)
    },
    ...relay,
    ...eventFailures,
  }
}

/** Metrics that are updated when something happens. */
function addCounts(registry: Registry) {
  const registers = [registry]
  const requests = new RequestDurations(registry)
  const claims = new Counter({
    name: 'holdfast_claims_total',
    help: 'Claims by outcome. error: the outcome is unknown.',
    labelNames: ['outcome'],
    registers,
  })
  const size = new Histogram({
    name: 'holdfast_batch_size',
    help: 'Items per batch, which is one transaction.',
    labelNames: ['queue'],
    buckets: batchSizes,
    registers,
  })
  const seconds = new Histogram({
    name: 'holdfast_batch_duration_seconds',
    help: 'Time the database took for a batch, including the commit.',
    labelNames: ['queue', 'failed'],
    buckets: queueSeconds,
    registers,
  })
  const wait = new Histogram({
    name: 'holdfast_queue_wait_seconds',
    help: 'Time that the oldest item of a batch waited in the queue.',
    labelNames: ['queue'],
    buckets: queueSeconds,
    registers,
  })
  const jobs = new Counter({
    name: 'holdfast_job_runs_total',
    help: 'Background job runs in this process.',
    labelNames: ['job', 'failed'],
    registers,
  })
  const jobCounts = new Counter({
    name: 'holdfast_job_items_total',
    help: 'Rows that background jobs of this process deleted, expired or created.',
    labelNames: ['job'],
    registers,
  })
  const auditEvents = new Counter({
    name: 'holdfast_audit_events_total',
    help: 'Events of the security log. lost: they could not be written before the stop, or too many were waiting.',
    labelNames: ['outcome'],
    registers,
  })
  auditEvents.inc({ outcome: 'lost' }, 0)
  return { requests, claims, size, seconds, wait, jobs, jobCounts, auditEvents }
}

function addBatchRefusals(registry: Registry): Counter<'queue' | 'sqlstate'> {
  return new Counter({
    name: 'holdfast_batches_refused_total',
    help: 'Batches that failed with an error of the database, not for waiting for a lock. Their items are sent alone.',
    labelNames: ['queue', 'sqlstate'],
    registers: [registry],
  })
}

function addEventFailures(registry: Registry): Pick<Metrics, 'queuesKnown' | 'eventFailed'> {
  const failures = new Counter({
    name: 'holdfast_broker_failures_total',
    help: 'Events that a consumer at the broker could not process: given back to it later (retry), or not (dead).',
    labelNames: ['queue', 'outcome'],
    registers: [registry],
  })
  return {
    queuesKnown(queues) {
      for (const queue of queues) {
        for (const outcome of ['dead', 'retry']) failures.inc({ queue, outcome }, 0)
      }
    },
    eventFailed: ({ queue, isDead }) => failures.inc({ queue, outcome: isDead ? 'dead' : 'retry' }),
  }
}

function addRelayFigures(registry: Registry): Pick<Metrics, 'relayed' | 'relayWaiting'> {
  const registers = [registry]
  const lag = new Histogram({
    name: 'holdfast_relay_lag_seconds',
    help: 'Time from when an event was written until it was forwarded to a receiver. Repetitions count again.',
    labelNames: ['receiver'],
    buckets: lagSeconds,
    registers,
  })
  /** Since when the oldest event has waited, by receiver and shard. */
  const waiting = new Map<string, Map<string, Date | null>>()
  addGauges(registry, 'receiver', {
    name: 'holdfast_relay_waiting_seconds',
    help: 'Age of the oldest event that this process is forwarding to a receiver; it grows while the receiver is away.',
    aggregator: 'max',
    read: () =>
      Array.from(waiting, ([receiver, shards]) => [
        receiver,
        Math.max(0, ...Array.from(shards.values(), (since) => (Date.now() - (since?.getTime() ?? Infinity)) / 1000)),
      ]),
  })
  return {
    relayed({ receiver, times }) {
      const now = Date.now()
      for (const time of times) lag.observe({ receiver }, Math.max(0, (now - time.getTime()) / 1000))
    },
    relayWaiting({ receiver, since, shard = '' }) {
      waiting.set(receiver, (waiting.get(receiver) ?? new Map()).set(shard, since))
    },
  }
}

function addSources(registry: Registry, sources: MetricsSources): void {
  const { serving } = sources
  if (serving !== null) addServing(registry, serving)
  addPools(registry, sources.pools)
  addDatabaseFigures(registry, sources.readDatabase)
}

function addServing(registry: Registry, sources: ServingSources): void {
  const ofQueues = (figure: keyof QueueDepths[string]) => () =>
    Object.entries(sources.queueDepths()).map(([queue, depth]) => [queue, depth[figure]] as const)
  addGauges(registry, 'queue', {
    name: 'holdfast_queue_depth',
    help: 'Items waiting in a queue.',
    read: ofQueues('queued'),
  })
  addGauges(registry, 'queue', {
    name: 'holdfast_queue_locked',
    help: 'Items waiting, apart from the queue, for slots or bookings that other transactions hold locked.',
    read: ofQueues('slow'),
  })
  addGauges(registry, 'queue', {
    name: 'holdfast_batches_in_flight',
    help: 'Batches whose transaction is in progress.',
    read: ofQueues('inFlight'),
  })
  addCacheFigures(registry, sources.cacheFigures)
  addCalendarFigures(registry, sources.calendarFigures)
}

function addPools(registry: Registry, pools: MetricsSources['pools']): void {
  new Gauge({
    name: 'holdfast_pool_connections',
    help: 'Database connections by pool and state. waiting: requests for a connection that are queued.',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [pool, same] of Object.entries(pools())) {
        const sumOf = (countOf: (one: pg.Pool) => number) => same.reduce((sum, one) => sum + countOf(one), 0)
        this.set(
          { pool, state: 'used' },
          sumOf(({ totalCount, idleCount }) => totalCount - idleCount),
        )
        this.set(
          { pool, state: 'idle' },
          sumOf(({ idleCount }) => idleCount),
        )
        this.set(
          { pool, state: 'waiting' },
          sumOf(({ waitingCount }) => waitingCount),
        )
      }
    },
  })
}

/** The hit ratio is hits ÷ (hits + misses). */
function addCacheFigures(registry: Registry, cacheFigures: () => CacheFigures): void {
  addCounters(registry, 'result', {
    name: 'holdfast_cache_reads_total',
    help: 'Public reads by result: from memory (hit), loaded (miss), or an older response during an outage (stale).',
    read() {
      const { hits, misses, stale } = cacheFigures()
      return Object.entries({ hit: hits, miss: misses, stale })
    },
  })
  addCounter(registry, {
    name: 'holdfast_cache_loads_total',
    help: 'Loads of responses, or of slots for lists, from the database. Concurrent requests share a load.',
    read: () => cacheFigures().loads,
  })
  addGauge(registry, {
    name: 'holdfast_cache_bytes',
    help: 'Memory used by cached responses, slots in memory and their lists.',
    read: () => cacheFigures().bytes,
  })
}

function addCalendarFigures(registry: Registry, calendarFigures: () => CalendarFigures): void {
  addCounters(registry, 'kind', {
    name: 'holdfast_calendar_reads_total',
    help: 'Queries for the calendar in memory: days of a doctor, changed slots (patch), or doctors with their holds.',
    read() {
      const { loads, patches, doctorReads } = calendarFigures()
      return Object.entries({ days: loads, patch: patches, doctors: doctorReads })
    },
  })
  addCounter(registry, {
    name: 'holdfast_calendar_patched_slots_total',
    help: 'Changed slots that were read again.',
    read: () => calendarFigures().patchedSlots,
  })
  addGauge(registry, {
    name: 'holdfast_calendar_slots',
    help: 'Slots in memory.',
    read: () => calendarFigures().slots,
  })
}
