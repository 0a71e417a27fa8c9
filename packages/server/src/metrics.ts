import type { BatchReport, ClaimOutcome, Engine } from '@holdfast/engine'
import type pg from 'pg'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { CacheFigures } from './cache/response-cache.ts'
import { RequestDurations } from './request-durations.ts'

export type Metrics = {
  registry: Registry
  /** Counts an answered request by its route's pattern (never by its path), method and status. */
  requestAnswered(request: { route: string; method: string; status: number; seconds: number }): void
  batchDone(report: BatchReport): void
  /** The same engine, whose claims are counted by outcome. */
  counted<Counted extends Engine>(engine: Counted): Counted
  jobDone(job: { name: string; count: number; failed: boolean }): void
}

export type QueueDepths = Record<string, { queued: number; inFlight: number }>

export type MetricsSources = {
  pools: Record<string, pg.Pool>
  queueDepths: () => QueueDepths
  cacheFigures: () => CacheFigures
  /** Asked at most once in {@link databaseFiguresMs}, when somebody reads the metrics. */
  readDatabase: () => Promise<DatabaseFigures>
}

/** `eventTailLagSeconds`: the age of the oldest event that a tail of the log may not read yet; 0: none. */
export type DatabaseFigures = { activeHolds: number; eventTailLagSeconds: number }

const databaseFiguresMs = 1_000
const queueSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const batchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

/** Everything this process counts, in a registry of its own. Labels come from fixed sets only. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'holdfast_' })
  const { requests, claims, size, seconds, wait, jobs, jobCounts } = addCounts(registry)
  addGauges(registry, sources)

  return {
    registry,
    requestAnswered: ({ route, method, status, seconds: took }) => requests.count(route, method, status, took),
    batchDone(report) {
      size.observe({ queue: report.queue }, report.size)
      seconds.observe({ queue: report.queue, failed: String(report.failed) }, report.durationMs / 1000)
      wait.observe({ queue: report.queue }, report.waitMs / 1000)
    },
    counted(engine) {
      const claim: Engine['claim'] = async (request) => {
        let outcome: ClaimOutcome['kind'] | 'error' = 'error'
        try {
          const result = await engine.claim(request)
          outcome = result.kind
          return result
        } finally {
          claims.inc({ outcome })
        }
      }
      return { ...engine, claim }
    },
    jobDone({ name, count, failed }) {
      jobs.inc({ job: name, failed: String(failed) })
      jobCounts.inc({ job: name }, count)
    },
  }
}

/** What is counted as it happens. */
function addCounts(registry: Registry) {
  const registers = [registry]
  const requests = new RequestDurations(registry)
  const claims = new Counter({
    name: 'holdfast_claims_total',
    help: 'Claims by outcome; error: the outcome is not known.',
    labelNames: ['outcome'],
    registers,
  })
  const size = new Histogram({
    name: 'holdfast_batch_size',
    help: 'Items that shared one transaction.',
    labelNames: ['queue'],
    buckets: batchSizes,
    registers,
  })
  const seconds = new Histogram({
    name: 'holdfast_batch_duration_seconds',
    help: 'How long the database took for one batch, with its commit.',
    labelNames: ['queue', 'failed'],
    buckets: queueSeconds,
    registers,
  })
  const wait = new Histogram({
    name: 'holdfast_queue_wait_seconds',
    help: 'How long the oldest item of a batch waited for its turn.',
    labelNames: ['queue'],
    buckets: queueSeconds,
    registers,
  })
  const jobs = new Counter({
    name: 'holdfast_job_runs_total',
    help: 'Runs of background jobs in this process.',
    labelNames: ['job', 'failed'],
    registers,
  })
  const jobCounts = new Counter({
    name: 'holdfast_job_items_total',
    help: 'What background jobs of this process tidied away or made.',
    labelNames: ['job'],
    registers,
  })
  return { requests, claims, size, seconds, wait, jobs, jobCounts }
}

function addGauges(registry: Registry, sources: MetricsSources): void {
  const registers = [registry]
  new Gauge({
    name: 'holdfast_queue_depth',
    help: 'Items waiting in a queue.',
    labelNames: ['queue'],
    registers,
    collect() {
      for (const [queue, depth] of Object.entries(sources.queueDepths())) this.set({ queue }, depth.queued)
    },
  })
  new Gauge({
    name: 'holdfast_batches_in_flight',
    help: 'Batches whose transaction is under way.',
    labelNames: ['queue'],
    registers,
    collect() {
      for (const [queue, depth] of Object.entries(sources.queueDepths())) this.set({ queue }, depth.inFlight)
    },
  })
  new Gauge({
    name: 'holdfast_pool_connections',
    help: 'Database connections by pool and state; waiting: callers without one.',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, { totalCount, idleCount, waitingCount }] of Object.entries(sources.pools)) {
        this.set({ pool, state: 'used' }, totalCount - idleCount)
        this.set({ pool, state: 'idle' }, idleCount)
        this.set({ pool, state: 'waiting' }, waitingCount)
      }
    },
  })
  addCacheFigures(registers, sources.cacheFigures)
  const figures = remembered(sources.readDatabase)
  new Gauge({
    name: 'holdfast_active_holds',
    help: 'Bookings that are PENDING and whose hold has not lapsed, in the whole database.',
    registers,
    async collect() {
      this.set((await figures())?.activeHolds ?? Number.NaN)
    },
  })
  new Gauge({
    name: 'holdfast_event_tail_lag_seconds',
    help: 'Age of the oldest event that a tail of the log may not read yet, because an older transaction is still open.',
    registers,
    async collect() {
      this.set((await figures())?.eventTailLagSeconds ?? Number.NaN)
    },
  })
}

/** The hit ratio is hits ÷ (hits + misses). */
function addCacheFigures(registers: Registry[], cacheFigures: () => CacheFigures): void {
  new Counter({
    name: 'holdfast_cache_reads_total',
    help: 'Public reads: answered from memory (hit), waited for a load (miss), or given the last known answer (stale).',
    labelNames: ['result'],
    registers,
    collect() {
      const { hits, misses, stale } = cacheFigures()
      this.reset()
      this.inc({ result: 'hit' }, hits)
      this.inc({ result: 'miss' }, misses)
      this.inc({ result: 'stale' }, stale)
    },
  })
  new Counter({
    name: 'holdfast_cache_loads_total',
    help: 'Answers loaded from the database: one for all who ask at the same time.',
    registers,
    collect() {
      this.reset()
      this.inc(cacheFigures().loads)
    },
  })
  new Gauge({
    name: 'holdfast_cache_bytes',
    help: 'Memory that ready-made answers take.',
    registers,
    collect() {
      this.set(cacheFigures().bytes)
    },
  })
}

/** One question at a time, its answer good for a while; null while the database cannot be asked. */
function remembered(read: () => Promise<DatabaseFigures>): () => Promise<DatabaseFigures | null> {
  let answer: Promise<DatabaseFigures | null> | null = null
  let askedAt = 0
  return () => {
    if (answer === null || performance.now() - askedAt > databaseFiguresMs) {
      askedAt = performance.now()
      answer = read().catch(() => null)
    }
    return answer
  }
}
