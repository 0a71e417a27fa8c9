import type { BatchReport, MessageOutcome, TimeClaimOutcome } from '@holdfast/engine'
import type pg from 'pg'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { addDatabaseFigures, type DatabaseFigures } from './database-figures.ts'
import { addCounter, addCounters, addGauge, addGauges, addSampleGauge } from './figures.ts'
import { RecentWaits } from './recent-waits.ts'
import { RequestDurations } from './request-durations.ts'
import { RequestsInFlight } from './requests-in-flight.ts'
import { described } from './table/metric-table.ts'

export type Metrics = {
  registry: Registry
  /** What /metrics responds, in Prometheus's format. */
  text(): Promise<string>
  /** Records a request that begins, by its route pattern. @returns what to call when it has ended */
  requestBegan(route: string): () => void
  /** Records the problem that a response has. */
  problemSent(code: string): void
  /** Records a completed request by its route pattern (never its path), method and status. */
  requestCompleted(request: { route: string; method: string; status: number; seconds: number }): void
  batchDone(report: BatchReport): void
  /** A queue has refused a claim or a change that has waited this long. */
  queueRefused(refusal: { waitMs: number }): void
  /** The longest wait of a claim or a change in its queue of late, also of those refused, and how many were refused. */
  recentWaits(): { longestSeconds: number; refused: number }
  claimsDone(outcomes: readonly (TimeClaimOutcome['kind'] | 'error')[]): void
  auditDone(events: { written?: number; lost?: number }): void
  /** This process runs these jobs: their counters begin at 0, so that an alert sees the first failure. */
  jobsKnown(names: readonly string[]): void
  jobDone(job: { name: string; count: number; failed: boolean }): void
  /** This process sends messages by these channels: their counters begin at 0. */
  channelsKnown(channels: readonly string[]): void
  /** An attempt at a message to a patient ended. */
  messageDone(message: { channel: string; outcome: MessageOutcome['kind'] }): void
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

/** `slowUses`: see DatabasePool. */
type MeasuredPool = pg.Pool & { slowUses?: number }

export type MetricsSources = {
  /** The pools by their label, which several can have. */
  pools: () => Record<string, readonly MeasuredPool[]>
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
 * values of several server processes become; counters and histograms are added up by default.
 */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'holdfast_' })
  showLatestLoop(registry)
  const { requests, claims, size, seconds, wait, jobs, jobCounts, auditEvents } = addCounts(registry)
  addSources(registry, sources)
  const relay = addRelayFigures(registry)
  const eventFailures = addEventFailures(registry)
  const batchRefused = addBatchRefusals(registry)
  const messages = addMessageFigures(registry)
  const ofRequests = addRequestFigures(registry)
  const waits = new RecentWaits()

  return {
    registry,
    text: sources.readAll ?? (() => registry.metrics()),
    requestCompleted: ({ route, method, status, seconds: took }) => requests.observe(route, method, status, took),
    batchDone(report) {
      size.observe({ queue: report.queue }, report.size)
      seconds.observe({ queue: report.queue, failed: String(report.failed) }, report.durationMs / 1000)
      wait.observe({ queue: report.queue }, report.waitMs / 1000)
      waits.add(report.waitMs)
      if (report.refusedWith !== null) batchRefused.inc({ queue: report.queue, sqlstate: report.refusedWith })
    },
    queueRefused: ({ waitMs }) => waits.addRefused(waitMs),
    recentWaits: () => ({ longestSeconds: waits.longest() / 1000, refused: waits.refused() }),
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
    ...messages,
    ...ofRequests,
  }
}

/** By default, it would be the mean over the processes: among eight, one that is 3 s late would be 0.4 s late. */
function showLatestLoop(registry: Registry): void {
  for (const metric of registry.getMetricsAsArray()) {
    if (metric.name === 'holdfast_nodejs_eventloop_lag_p99_seconds') metric.aggregator = 'max'
  }
}

/** Metrics that are updated when something happens. */
function addCounts(registry: Registry) {
  const registers = [registry]
  const requests = new RequestDurations(registry)
  const claims = new Counter({
    ...described('holdfast_claims_total'),
    registers,
  })
  const size = new Histogram({
    ...described('holdfast_batch_size'),
    buckets: batchSizes,
    registers,
  })
  const seconds = new Histogram({
    ...described('holdfast_batch_duration_seconds'),
    buckets: queueSeconds,
    registers,
  })
  const wait = new Histogram({
    ...described('holdfast_queue_wait_seconds'),
    buckets: queueSeconds,
    registers,
  })
  const jobs = new Counter({
    ...described('holdfast_job_runs_total'),
    registers,
  })
  const jobCounts = new Counter({
    ...described('holdfast_job_items_total'),
    registers,
  })
  const auditEvents = new Counter({
    ...described('holdfast_audit_events_total'),
    registers,
  })
  auditEvents.inc({ outcome: 'lost' }, 0)
  return { requests, claims, size, seconds, wait, jobs, jobCounts, auditEvents }
}

function addRequestFigures(registry: Registry): Pick<Metrics, 'requestBegan' | 'problemSent'> {
  const inFlight = new RequestsInFlight()
  const problems = new Map<string, number>()
  addGauges(registry, { name: 'holdfast_http_requests_in_flight', aggregator: 'sum', read: () => inFlight.counts() })
  addCounters(registry, { name: 'holdfast_problems_total', read: () => problems })
  return {
    requestBegan: (route) => inFlight.begin(route),
    problemSent: (code) => void problems.set(code, (problems.get(code) ?? 0) + 1),
  }
}

const messageOutcomes: readonly MessageOutcome['kind'][] = ['sent', 'kept', 'skipped', 'again', 'failed']

function addMessageFigures(registry: Registry): Pick<Metrics, 'channelsKnown' | 'messageDone'> {
  const messages = new Counter({ ...described('holdfast_messages_total'), registers: [registry] })
  return {
    channelsKnown(channels) {
      for (const channel of channels) {
        for (const outcome of messageOutcomes) messages.inc({ channel, outcome }, 0)
      }
    },
    messageDone: ({ channel, outcome }) => messages.inc({ channel, outcome }),
  }
}

function addBatchRefusals(registry: Registry): Counter {
  return new Counter({
    ...described('holdfast_batches_refused_total'),
    registers: [registry],
  })
}

function addEventFailures(registry: Registry): Pick<Metrics, 'queuesKnown' | 'eventFailed'> {
  const failures = new Counter({
    ...described('holdfast_broker_failures_total'),
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
    ...described('holdfast_relay_lag_seconds'),
    buckets: lagSeconds,
    registers,
  })
  /** Since when the oldest event has waited, by receiver and shard. */
  const waiting = new Map<string, Map<string, Date | null>>()
  addGauges(registry, {
    name: 'holdfast_relay_waiting_seconds',
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
  addGauges(registry, {
    name: 'holdfast_queue_depth',
    aggregator: 'sum',
    read: ofQueues('queued'),
  })
  addGauges(registry, {
    name: 'holdfast_queue_locked',
    aggregator: 'sum',
    read: ofQueues('slow'),
  })
  addGauges(registry, {
    name: 'holdfast_batches_in_flight',
    aggregator: 'sum',
    read: ofQueues('inFlight'),
  })
  addCacheFigures(registry, sources.cacheFigures)
  addCalendarFigures(registry, sources.calendarFigures)
}

function addPools(registry: Registry, pools: MetricsSources['pools']): void {
  const sums = (countOf: (pool: MeasuredPool) => number) =>
    Object.entries(pools()).map(([pool, same]) => [pool, same.reduce((sum, one) => sum + countOf(one), 0)] as const)
  const states = {
    used: ({ totalCount, idleCount }: pg.Pool) => totalCount - idleCount,
    idle: ({ idleCount }: pg.Pool) => idleCount,
    waiting: ({ waitingCount }: pg.Pool) => waitingCount,
  }
  addSampleGauge(registry, {
    name: 'holdfast_pool_connections',
    aggregator: 'sum',
    read: async () =>
      Object.entries(states).flatMap(([state, countOf]) =>
        sums(countOf).map(([pool, value]) => ({ labels: { pool, state }, value })),
      ),
  })
  addGauges(registry, {
    name: 'holdfast_pool_connections_max',
    aggregator: 'sum',
    read: () => sums(({ options }) => options.max),
  })
  addCounters(registry, { name: 'holdfast_database_slow_uses_total', read: () => sums(({ slowUses = 0 }) => slowUses) })
}

/** The hit ratio is hits ÷ (hits + misses). */
function addCacheFigures(registry: Registry, cacheFigures: () => CacheFigures): void {
  addCounters(registry, {
    name: 'holdfast_cache_reads_total',
    read() {
      const { hits, misses, stale } = cacheFigures()
      return Object.entries({ hit: hits, miss: misses, stale })
    },
  })
  addCounter(registry, {
    name: 'holdfast_cache_loads_total',
    read: () => cacheFigures().loads,
  })
  addGauge(registry, {
    name: 'holdfast_cache_bytes',
    aggregator: 'sum',
    read: () => cacheFigures().bytes,
  })
}

function addCalendarFigures(registry: Registry, calendarFigures: () => CalendarFigures): void {
  addCounters(registry, {
    name: 'holdfast_calendar_reads_total',
    read() {
      const { loads, patches, doctorReads } = calendarFigures()
      return Object.entries({ days: loads, patch: patches, doctors: doctorReads })
    },
  })
  addCounter(registry, {
    name: 'holdfast_calendar_patched_slots_total',
    read: () => calendarFigures().patchedSlots,
  })
  addGauge(registry, {
    name: 'holdfast_calendar_slots',
    aggregator: 'sum',
    read: () => calendarFigures().slots,
  })
}
