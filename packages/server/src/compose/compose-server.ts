import {
  type CalendarReads,
  clinicTurns,
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
import { type Freshness, openFreshness } from '../cache/freshness.ts'
import type { ResponseCache } from '../cache/response-cache.ts'
import { Calendar } from '../calendar/calendar.ts'
import { SlotLists } from '../calendar/slot-lists.ts'
import type { Config } from '../config/config.ts'
import { createProbes } from '../edge/probes.ts'
import { startPassingOnPlaces } from '../jobs/pass-on-places.ts'
import type { RunningJobs } from '../jobs/run-jobs.ts'
import type { DatabaseBreaker } from '../lifecycle/database-breaker.ts'
import { LiveHub, type LiveHubDeps } from '../live/live-hub.ts'
import { liveSettingsOf } from '../live/live-settings.ts'
import { createAccountMails } from '../messages/account-mails/account-mails.ts'
import { createRecipientDigests } from '../messages/recipient-digests.ts'
import { addLiveFigures } from '../observe/live-figures.ts'
import type { Logger } from '../observe/logger.ts'
import { type CacheFigures, createMetrics, type Metrics, type MetricsSources } from '../observe/metrics.ts'
import { addRedisFigures } from '../observe/redis-figures.ts'
import { refusedBatchLog } from '../observe/refused-batches.ts'
import { createPasswordAttempts } from '../rest/auth/password-attempts.ts'
import { promptReads } from '../rest/prompt-reads.ts'
import { createBookingOrigins } from '../secrets/booking-origins.ts'
import { createConfirmationTokens, createUnsubscribeTokens } from '../secrets/confirmation-tokens.ts'
import { createKeyedDigests } from '../secrets/keyed-digests.ts'
import { createManageTokens } from '../secrets/manage-tokens.ts'
import { createSealedTexts } from '../secrets/sealed-texts.ts'
import { createVisitRooms } from '../secrets/visit-rooms.ts'
import { createPublicPages } from '../site/public-pages.ts'
import { TheatreSignals } from '../theatre/theatre-signals.ts'
import { processAccountRequests } from './account-mails.ts'
import { type AppDeps, buildApp, buildMetricsApp } from './app.ts'
import { type DatabaseUrls, type JobPools, openJobPools, startAllJobs } from './compose-jobs.ts'
import { poolConnections } from './database-connections.ts'
import { mailLinks, openMailer } from './message-sender.ts'
import { openShared, type Shared } from './open-shared.ts'
import type { PreparedDatabase } from './prepare-database.ts'
import { openReplicaReads } from './replica-reads.ts'
import { stopServer } from './stop-server.ts'
import { createWebhookSender } from './webhook-sender.ts'

export type ComposedServer = {
  app: FastifyInstance
  /** null: metrics have no separate port. */
  metricsApp: FastifyInstance | null
  engine: Engine
  accounts: OpenAccounts['accounts']
  metrics: Metrics
  /** Starts passing on lapsed places to who waits for them, and the jobs if HOLDFAST_WORKER is on. */
  startJobs(): Promise<void>
  /** Stops accepting requests, completes those in flight and all accepted claims, closes the pools. Bounded in time. */
  stop(): Promise<void>
}

const batchBounds = { max: poolConnections.batches, connectTimeoutMs: 3_000 }
/** What a batch takes, with its commit, besides the wait for a lock. */
const batchMsMax = 2_000
/** Longer than the wait for a lock, 10 s. Writes of thousands of rows have a longer one. */
const generalQueryMsMax = 15_000
const tailBounds = { max: poolConnections.tail, queryTimeoutMs: 2_000, connectTimeoutMs: 2_000 }
const probeBounds = {
  max: poolConnections.probes,
  statementTimeoutMs: 1_000,
  queryTimeoutMs: 2_000,
  connectTimeoutMs: 2_000,
}
const bytesPerMegabyte = 1_048_576
/** Of HOLDFAST_CACHE_MEGABYTES. A slot takes 60 bytes in a calendar and 200 in each list that shows it. */
const cacheShares = { calendar: 5 / 8, lists: 2 / 8, responses: 1 / 8 }

/** Wires everything: the only place that knows all parts. Nothing listens yet. */
export async function composeServer(
  config: Config,
  database: PreparedDatabase,
  log: Logger,
  readAllMetrics?: MetricsSources['readAll'],
): Promise<ComposedServer> {
  const shared = await openShared(config, database.secrets, log)
  try {
    return await composeParts(config, database, log, shared, readAllMetrics)
  } catch (error) {
    // Its attempts to connect would keep the process running.
    shared?.close()
    throw error
  }
}

async function composeParts(
  config: Config,
  database: PreparedDatabase,
  log: Logger,
  shared: Shared | null,
  readAllMetrics: MetricsSources['readAll'],
): Promise<ComposedServer> {
  const pools = openPools(config, database, log)
  const accounts = await openAccounts(config, database, log, shared?.accounts)
  const allPools = closingTogether([...Object.values(pools), accounts.pool])
  let isStopping = false
  const probes = createProbes(pools.probes, () => isStopping)
  const metrics = createMetrics({
    pools: metricPools(pools, accounts.pool),
    queueDepths: () => engine.queueDepths(),
    cacheFigures: () => cacheFigures(freshness.cache, slotLists, calendar),
    calendarFigures: () => calendar.figures,
    readDatabase: () => probes.databaseFigures(),
    readAll: readAllMetrics,
  })
  if (shared !== null) addRedisFigures(metrics.registry, shared.redis)
  const freshness = await openFreshness({ pool: pools.tail, ...cacheSettings(config, database), log })
  const engine = engineOf(config, pools, metrics, log)
  const replicas = openReplicaReads(config, database, { engine, freshness, log, metrics })
  allPools.push(...replicas.pools)
  const { calendar, calendarReads, slotLists } = followSlots(pools.general, freshness, engine, cacheBytes(config), log)
  engine.onCommitted(({ accountIds }) => accountIds.forEach(accounts.principals.forget))
  const live = openLive({ calendar, tail: freshness.tail, log }, config, engine, metrics)
  const audit = auditRecorderOf(engine, accounts, database, log, metrics)
  const { opened, sent } = openMails(config, database, pools.general, audit)
  const derived = derivedSecrets(config, database)
  const app = await buildApp({
    config,
    log,
    metrics,
    probes,
    isStopping: () => isStopping,
    isClaimQueueFull: () => engine.claimsQueued() >= config.queueSizeMax,
    admission: accounts,
    auth: { ...accounts, ...sent, attempts: createPasswordAttempts(accounts.attemptLimits, accounts.knownBrowsers) },
    rest: {
      ...boundedEngine(config, { ...engine, reads: replicas.reads }, pools.general),
      accounts: accounts.accounts,
      sessions: accounts.sessions,
      ...sent,
      ...derived,
      webhookSender: createWebhookSender(config, database.secrets),
      freshness,
      slotLists,
      calendarReads,
      publicUrl: config.publicUrl,
      holdSecondsDefault: config.holdSeconds,
      now: () => new Date(),
    },
    ...live,
    sharedCounts: shared?.counts ?? null,
    publicPages: createPublicPages({ ...engine, cache: freshness.cache, publicUrl: config.publicUrl }),
  })
  const metricsApp =
    config.metricsPort === null ? null : await buildMetricsApp({ log, metrics, token: config.metricsToken })
  const running: RunningJobs[] = []
  const jobs = { stop: () => Promise.all(running.map((one) => one.stop())) }
  let stopped: Promise<void> | null = null
  return {
    app,
    metricsApp,
    engine,
    accounts: accounts.accounts,
    metrics,
    async startJobs() {
      running.push(startPassingOnPlaces({ pool: pools.general, log }))
      running.push(...processAccountRequests({ ...database, ...sent, ...derived, pools, accounts, engine, app, log }))
      if (!config.runsJobs) return
      running.push(await startAllJobs(config, { ...database, ...sent, pools, opened, log, metrics }))
    },
    stop() {
      isStopping = true
      void replicas.stop()
      const parts = { app, metricsApp, jobs, engine, audit, ...opened, calendar, freshness, shared, pools: allPools }
      stopped ??= stopServer(parts, config.shutdownSecondsMax * 1000, log)
      return stopped
    },
  }
}

function openMails(config: Config, { secrets }: PreparedDatabase, pool: pg.Pool, audit: AuditRecorder) {
  const opened = openMailer(config)
  return { opened, sent: { audit, mails: createAccountMails({ pool, secrets, isAvailable: opened.mailer !== null }) } }
}

function cacheBytes({ cacheMegabytes }: Config): number {
  return cacheMegabytes * bytesPerMegabyte
}

function cacheSettings(config: Config, { sessionUrl }: PreparedDatabase) {
  return { listenUrl: sessionUrl, cacheBytesMax: cacheBytes(config) * cacheShares.responses }
}

function engineOf(config: Config, pools: Pools, metrics: Metrics, log: Logger) {
  const logRefused = refusedBatchLog(log)
  return createEngine({
    batchPool: pools.batches,
    generalPool: pools.general,
    theatrePool: pools.theatre,
    clinicCasesMax: poolConnections.theatre / 2,
    queuedMax: config.queueSizeMax,
    waitMsMax: config.queueWaitMsMax,
    unknownMsMax: config.outcomeSecondsMax * 1000,
    onBatch(report) {
      metrics.batchDone(report)
      logRefused(report)
    },
    onClaims: metrics.claimsDone,
  })
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

/** Live places, and the signals of theatres. */
function openLive(
  follow: Omit<LiveHubDeps, 'settings'> & { calendar: Calendar },
  config: Config,
  { theatre }: Engine,
  metrics: Metrics,
): Pick<AppDeps, 'live' | 'theatreSignalsOf'> {
  const live = new LiveHub({ ...follow, settings: liveSettingsOf(config) })
  addLiveFigures(metrics.registry, live)
  const roomsOf = (clinicNo: number) => theatre.roomResourceIds(clinicNo)
  const theatreSignals = new TheatreSignals({ ...follow, roomsOf })
  return { live, theatreSignalsOf: () => theatreSignals }
}

/** The engine as routes use it. A clinic's writes take half of the general connections at most. */
function boundedEngine({ poolSize, queueSizeMax, queueWaitMsMax }: Config, engine: Engine, pool: DatabasePool) {
  const turns = { atOnceMax: Math.ceil(poolSize / 2), waitingMax: queueSizeMax, waitMsMax: queueWaitMsMax }
  return { engine: promptReads(engine, { pool }), inTurn: clinicTurns(turns) }
}

function derivedSecrets(config: Config, { secrets }: PreparedDatabase) {
  return {
    bookingOrigins: createBookingOrigins(secrets),
    hasBookingLimits: config.rateLimit,
    manageTokens: createManageTokens(secrets),
    confirmationTokens: config.smtpUrl === null ? null : createConfirmationTokens(secrets),
    unsubscribeTokens: createUnsubscribeTokens(secrets),
    recipientDigests: createRecipientDigests(secrets),
    ticketUrl: mailLinks(config, secrets).ticket,
    visitRooms: createVisitRooms(secrets),
    busyCalendarUrls: createSealedTexts(secrets, 'busy-calendar'),
  }
}

/** The calendar in memory and its lists. They and the cached responses follow the log and the engine's own writes. */
function followSlots(pool: pg.Pool, freshness: Freshness, engine: Engine, cacheBytesMax: number, log: Logger) {
  const calendarReads = createCalendarReads(pool)
  const calendar = new Calendar({
    tail: freshness.tail,
    reads: whileAvailable(calendarReads, freshness.breaker),
    bytesMax: cacheBytesMax * cacheShares.calendar,
    log,
  })
  calendar.follow(engine)
  freshness.onTrust((isTrusted) => calendar.trust(isTrusted))
  freshness.follow(engine, calendar)
  const slotLists = new SlotLists({ calendar, bytesMax: cacheBytesMax * cacheShares.lists })
  return { calendar, calendarReads, slotLists }
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

type Pools = Record<'batches' | 'general' | 'theatre' | 'tail' | 'probes', DatabasePool> & JobPools

function openPools(config: Config, urls: DatabaseUrls, log: Logger): Pools {
  const onIdleError = (error: Error) => log.warn({ err: error }, 'an idle database connection was lost')
  const open = (name: string, bounds: Pick<PoolSettings, 'max'> & Partial<PoolSettings>) =>
    createPool({ url: urls.appUrl, name: `holdfast ${name}`, onIdleError, ...bounds })
  return {
    // A batch times out before its claims have waited too long, so that they can be sent again on a new connection.
    batches: open('write', {
      ...batchBounds,
      lockTimeoutMs: config.lockWaitMsMax,
      queryTimeoutMs: config.lockWaitMsMax + batchMsMax,
    }),
    general: open('general', { max: config.poolSize, queryTimeoutMs: generalQueryMsMax }),
    theatre: open('theatre', {
      max: poolConnections.theatre,
      lockTimeoutMs: config.lockWaitMsMax,
      queryTimeoutMs: generalQueryMsMax,
    }),
    tail: open('tail', tailBounds),
    probes: open('probes', probeBounds),
    ...openJobPools(urls, onIdleError),
  }
}

/** All are connected to one server: when it does not respond to one, the others close what has been idle since. */
function closingTogether(pools: DatabasePool[]): DatabasePool[] {
  for (const pool of pools) {
    pool.onNoResponse = (reason, beganAtMs) => {
      for (const other of pools) if (other !== pool) other.closeIdle(reason, beganAtMs)
    }
  }
  return pools
}

/** The pools by their label in the metrics. Dashboards know the first two as write and read. */
function metricPools({ batches, general, ...others }: Pools, accounts: pg.Pool): Record<string, pg.Pool> {
  return { write: batches, read: general, ...others, accounts }
}
