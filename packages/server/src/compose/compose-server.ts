import {
  type CalendarReads,
  createCalendarReads,
  createEngine,
  createPool,
  type DatabasePool,
  type Engine,
  type PoolSettings,
} from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import { type OpenAccounts, openAccounts } from '../accounts/open-accounts.ts'
import { AuditRecorder } from '../audit/audit-recorder.ts'
import type { DatabaseBreaker } from '../cache/database-breaker.ts'
import { type Freshness, openFreshness } from '../cache/freshness.ts'
import type { ResponseCache } from '../cache/response-cache.ts'
import { Calendar } from '../calendar/calendar.ts'
import { SlotLists } from '../calendar/slot-lists.ts'
import type { Config } from '../config/config.ts'
import { createProbes } from '../edge/probes.ts'
import { type RunningJobs, startJobs } from '../jobs/run-jobs.ts'
import { addLiveFigures } from '../live/live-figures.ts'
import { LiveHub } from '../live/live-hub.ts'
import { liveSettingsOf } from '../live/live-settings.ts'
import type { Logger } from '../observe/logger.ts'
import { type CacheFigures, createMetrics, type Metrics } from '../observe/metrics.ts'
import { createPasswordAttempts } from '../rest/auth/password-attempts.ts'
import { createBookingOrigins } from '../secrets/booking-origins.ts'
import { createKeyedDigests } from '../secrets/keyed-digests.ts'
import { createManageTokens } from '../secrets/manage-tokens.ts'
import { createVisitRooms } from '../secrets/visit-rooms.ts'
import { buildApp, buildMetricsApp } from './app.ts'
import type { PreparedDatabase } from './prepare-database.ts'
import { type Stopping, stopServer } from './stop-server.ts'

export type ComposedServer = {
  app: FastifyInstance
  /** null: metrics have no separate port. */
  metricsApp: FastifyInstance | null
  engine: Engine
  accounts: OpenAccounts['accounts']
  /** Starts the jobs in this process if HOLDFAST_WORKER is on. */
  startJobs(): Promise<void>
  /** Stops accepting requests, completes those in flight and all accepted claims, closes the pools. Bounded in time. */
  stop(): Promise<void>
}

/** Three queues have at most three batches in flight, that of admissions one: they never wait for a connection. */
const batchBounds = { max: 10, connectTimeoutMs: 3_000 }
/** What a batch takes, with its commit, besides the wait for a lock. */
const batchMsMax = 2_000
/** Longer than the wait for a lock, 10 s. Writes of thousands of rows have a longer one. */
const generalQueryMsMax = 15_000
const jobConnections = 3
/** Jobs work in small transactions. */
const jobQueryMsMax = 30_000
/** One reads the log, one notifies the other processes. */
const tailBounds = { max: 2, queryTimeoutMs: 2_000, connectTimeoutMs: 2_000 }
const probeBounds = { max: 2, statementTimeoutMs: 1_000, queryTimeoutMs: 2_000, connectTimeoutMs: 2_000 }
const bytesPerMegabyte = 1_048_576
/** Of HOLDFAST_CACHE_MEGABYTES. A slot takes 60 bytes in a calendar and 200 in each list that shows it. */
const cacheShares = { calendar: 5 / 8, lists: 2 / 8, responses: 1 / 8 }

/** Wires everything: the only place that knows all parts. Nothing listens yet. */
export async function composeServer(config: Config, database: PreparedDatabase, log: Logger): Promise<ComposedServer> {
  const pools = openPools(config, database.appUrl, log)
  const cacheBytesMax = config.cacheMegabytes * bytesPerMegabyte
  const accounts = await openAccounts(config, database, log)
  const allPools = [...Object.values(pools), accounts.pool]
  closeTogether(allPools)
  let isStopping = false
  const probes = createProbes(pools.probes, () => isStopping)
  const metrics = createMetrics({
    pools: metricPools(pools, accounts.pool),
    queueDepths: () => engine.queueDepths(),
    cacheFigures: () => cacheFigures(freshness.cache, slotLists, calendar),
    calendarFigures: () => calendar.figures,
    readDatabase: () => probes.databaseFigures(),
  })
  const responseBytesMax = cacheBytesMax * cacheShares.responses
  const listenUrl = database.appUrl
  const freshness = await openFreshness({ pool: pools.tail, listenUrl, cacheBytesMax: responseBytesMax, log })
  const engine = createEngine({
    batchPool: pools.batches,
    generalPool: pools.general,
    queuedMax: config.queueSizeMax,
    waitMsMax: config.queueWaitMsMax,
    unknownMsMax: config.outcomeSecondsMax * 1000,
    onBatch: metrics.batchDone,
    onClaims: metrics.claimsDone,
  })
  const audit = auditRecorderOf(engine, accounts, database, log, metrics)
  const { calendar, slotLists } = followSlots(pools.general, freshness, engine, cacheBytesMax, log)
  engine.onCommitted(({ accountIds }) => accountIds.forEach(accounts.principals.forget))
  const live = new LiveHub({ calendar, tail: freshness.tail, settings: liveSettingsOf(config), log })
  addLiveFigures(metrics.registry, live)
  const app = await buildApp({
    config,
    log,
    metrics,
    probes,
    isStopping: () => isStopping,
    isClaimQueueFull: () => engine.queueDepths().claim.queued >= config.queueSizeMax,
    admission: accounts,
    auth: { ...accounts, audit, attempts: createPasswordAttempts(accounts.attemptLimits, accounts.knownBrowsers) },
    rest: {
      engine,
      accounts: accounts.accounts,
      audit,
      ...derivedSecrets(config, database),
      freshness,
      slotLists,
      publicUrl: config.publicUrl,
      holdSecondsDefault: config.holdSeconds,
      now: () => new Date(),
    },
    live,
  })
  const metricsApp =
    config.metricsPort === null ? null : await buildMetricsApp({ log, metrics, token: config.metricsToken })
  let jobs: RunningJobs | null = null
  let stopped: Promise<void> | null = null
  return {
    app,
    metricsApp,
    engine,
    accounts: accounts.accounts,
    async startJobs() {
      if (config.runsJobs)
        jobs = await startJobs({ pool: pools.jobs, auditMonths: config.auditMonths, log, onDone: metrics.jobDone })
    },
    stop() {
      isStopping = true
      const parts: Stopping = { app, metricsApp, jobs, engine, audit, calendar, freshness, pools: allPools }
      stopped ??= stopServer(parts, config.shutdownSecondsMax * 1000, log)
      return stopped
    },
  }
}

function auditRecorderOf(
  engine: Engine,
  { accounts }: OpenAccounts,
  { secrets }: PreparedDatabase,
  log: Logger,
  metrics: Metrics,
): AuditRecorder {
  return new AuditRecorder({
    append: engine.auditLog.append,
    idsByEmail: accounts.idsByEmail,
    withRole: engine.auditLog.withRole,
    digestOf: createKeyedDigests(secrets, 'audit-address'),
    log,
    onWritten: (written) => metrics.auditDone({ written }),
    onLost: (lost) => metrics.auditDone({ lost }),
  })
}

function derivedSecrets({ rateLimit }: Config, { secrets }: PreparedDatabase) {
  const bookingOrigins = rateLimit ? createBookingOrigins(secrets) : null
  return { bookingOrigins, manageTokens: createManageTokens(secrets), visitRooms: createVisitRooms(secrets) }
}

/** The calendar in memory and its lists. They and the cached responses follow the log and the engine's own writes. */
function followSlots(pool: pg.Pool, freshness: Freshness, engine: Engine, cacheBytesMax: number, log: Logger) {
  const calendar = new Calendar({
    tail: freshness.tail,
    reads: whileAvailable(createCalendarReads(pool), freshness.breaker),
    bytesMax: cacheBytesMax * cacheShares.calendar,
    log,
  })
  calendar.follow(engine)
  freshness.onTrust((isTrusted) => calendar.trust(isTrusted))
  freshness.follow(engine, calendar)
  return { calendar, slotLists: new SlotLists({ calendar, bytesMax: cacheBytesMax * cacheShares.lists }) }
}

/** Reads that fail at once while the breaker is open: no list waits for them then. */
function whileAvailable(reads: CalendarReads, breaker: DatabaseBreaker): CalendarReads {
  return {
    async days(...of) {
      breaker.check()
      return reads.days(...of)
    },
    async slots(...of) {
      breaker.check()
      return reads.slots(...of)
    },
    async doctors(...of) {
      breaker.check()
      return reads.doctors(...of)
    },
  }
}

/** Slot lists and other public reads together. */
function cacheFigures(cache: ResponseCache, lists: SlotLists, calendar: Calendar): CacheFigures {
  const [responses, slots, loaded] = [cache.figures, lists.figures, calendar.figures]
  return {
    hits: responses.hits + slots.hits,
    misses: responses.misses + slots.misses,
    stale: responses.stale + slots.stale,
    loads: responses.loads + loaded.loads,
    bytes: responses.bytes + slots.bytes + loaded.bytes,
  }
}

type Pools = Record<'batches' | 'general' | 'tail' | 'probes' | 'jobs', DatabasePool>

function openPools(config: Config, url: string, log: Logger): Pools {
  const onIdleError = (error: Error) => log.warn({ err: error }, 'an idle database connection was lost')
  const open = (name: string, bounds: Pick<PoolSettings, 'max'> & Partial<PoolSettings>) =>
    createPool({ url, name: `holdfast ${name}`, onIdleError, ...bounds })
  return {
    // A batch times out before its claims have waited too long, so that they can be sent again on a new connection.
    batches: open('write', {
      ...batchBounds,
      lockTimeoutMs: config.lockWaitMsMax,
      queryTimeoutMs: config.lockWaitMsMax + batchMsMax,
    }),
    general: open('read', { max: config.poolSize, queryTimeoutMs: generalQueryMsMax }),
    tail: open('tail', tailBounds),
    probes: open('probes', probeBounds),
    jobs: open('jobs', { max: jobConnections, queryTimeoutMs: jobQueryMsMax }),
  }
}

/** All are connected to one server: when it does not respond to one, the others close what has been idle since. */
function closeTogether(pools: readonly DatabasePool[]): void {
  for (const pool of pools) {
    pool.onNoResponse = (reason, beganAtMs) => {
      for (const other of pools) if (other !== pool) other.closeIdle(reason, beganAtMs)
    }
  }
}

/** The pools by their label in the metrics. Dashboards know the first two as write and read. */
function metricPools({ batches, general, ...others }: Pools, accounts: pg.Pool): Record<string, pg.Pool> {
  return { write: batches, read: general, ...others, accounts }
}
