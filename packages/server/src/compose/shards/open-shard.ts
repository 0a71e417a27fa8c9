import {
  type CalendarReads,
  createCalendarReads,
  createClinicLimiter,
  createEngine,
  createSharedLimiter,
  type DatabasePool,
  type Directory,
  type Engine,
  type EngineSettings,
  type ShardPools,
} from '@holdfast/engine'
import type pg from 'pg'
import { type Freshness, openFreshness } from '../../cache/freshness.ts'
import { Calendar } from '../../calendar/calendar.ts'
import { SlotLists } from '../../calendar/slot-lists.ts'
import type { Config } from '../../config/config.ts'
import type { DatabaseBreaker } from '../../lifecycle/database-breaker.ts'
import { LiveHub } from '../../live/live-hub.ts'
import { liveSettingsOf } from '../../live/live-settings.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Metrics } from '../../observe/metrics.ts'
import { refusedBatchLog } from '../../observe/refused-batches.ts'
import type { ReadRouter } from '../../replicas/read-router.ts'
import { limitLongReads } from '../../rest/limit-long-reads.ts'
import { promptReads } from '../../rest/prompt-reads.ts'
import type { RestDeps } from '../../rest/rest-deps.ts'
import { TheatreSignals } from '../../theatre/theatre-signals.ts'
import { nowhere } from '../database/prepare-shards.ts'
import { poolConnections } from '../pools/database-connections.ts'
import { type DatabaseUrls, type JobPools, openJobPools } from '../pools/job-pools.ts'
import { type OpenPool, onIdleErrorOf, poolOpener } from '../pools/pool-opener.ts'
import { openProbePools, type ProbePools } from '../pools/probe-pools.ts'
import { openReplicaReads } from './replica-reads.ts'

/** What serves the clinics of a database. */
export type OpenShard = {
  urls: DatabaseUrls
  pools: OpenShardPools
  engine: ReturnType<typeof createEngine>
  /** Creates clinics in this database. The engine of the directory of several creates them in any. */
  ownDirectory: Pick<Directory, 'createClinic'>
  freshness: Freshness
  calendar: Calendar
  slotLists: SlotLists
  live: LiveHub
  theatreSignals: TheatreSignals
  /** What the REST routes depend on that is the shard's own. */
  rest: Pick<RestDeps, 'engine' | 'limitClinic' | 'freshness' | 'slotLists' | 'calendarReads'>
  /** null: it has none. */
  replicas: ReadRouter | null
  /** The shard's own pools, and those of replicas. */
  allPools: DatabasePool[]
  /** false: it was not reached since the start, or its breaker is open. */
  isReadable(): boolean
  /** Leads its pools to the database, once it is known how to log in there. */
  relocate(urls: DatabaseUrls): void
  /** Stops everything but the engine and the pools. */
  stop(): Promise<unknown>
}

export type OpenShardPools = EnginePools & Record<'tail', DatabasePool> & JobPools & ProbePools

export type EnginePools = Record<'batches' | 'general' | 'theatre', DatabasePool>

const batchBounds = { max: poolConnections.batches, connectTimeoutMs: 3_000 }
/** What a batch takes, with its commit, besides the wait for a lock. */
const batchMsMax = 2_000
/** Longer than the wait for a lock, 10 s. Writes of thousands of rows have a longer one. */
const generalQueryMsMax = 15_000
const tailBounds = { max: poolConnections.tail, queryTimeoutMs: 2_000, connectTimeoutMs: 2_000 }
/** The parts of HOLDFAST_CACHE_MEGABYTES. A slot takes 60 bytes in a calendar and 200 in each list that shows it. */
const cacheShares = { calendar: 5 / 8, lists: 2 / 8, responses: 1 / 8 }
const bytesPerMegabyte = 1_048_576

export type OpenShardDeps = {
  config: Config
  /** The share of HOLDFAST_CACHE_MEGABYTES, 0 to 1. */
  cacheShare: number
  log: Logger
  metrics: Metrics
  /** Set for one of several databases. A shard that is away is opened all the same. */
  among?: Among
  /** See `EngineSettings`. */
  requireAllClinics?: () => void
}

/** What a database is among several. */
export type Among =
  | { kind: 'directory'; pools: ShardPools; createClinic: Directory['createClinic'] }
  | { kind: 'shard'; directoryPool: DatabasePool }

/** @throws the driver's error when the database cannot be reached, unless it is a shard */
export async function openShard(urls: DatabaseUrls, deps: OpenShardDeps): Promise<OpenShard> {
  const { config, log, cacheShare, among, requireAllClinics } = deps
  const cacheBytes = cacheBytesOf(config, cacheShare)
  const open = poolOpener(urls, log)
  const pools: OpenShardPools = {
    ...openEnginePools(config, open),
    tail: open('tail', tailBounds),
    ...openJobPools(urls, onIdleErrorOf(log)),
    ...openProbePools(open),
  }
  const freshness = await openFreshness({
    pool: pools.tail,
    listenUrl: urls.sessionUrl,
    cacheBytesMax: cacheBytes.responses,
    log,
    mayBeAway: among?.kind === 'shard',
  }).catch(async (error: unknown) => {
    // Its connections would keep the process running for a while.
    await Promise.all(Object.values(pools).map((pool) => pool.close(0)))
    throw error
  })
  const own = openEngine(pools, deps)
  const engine = among?.kind === 'directory' ? withCreateClinic(own, among.createClinic) : own
  const replicas = openReplicaReads(config, urls, { engine, freshness, log, requireAllClinics })
  const { calendar, calendarReads, slotLists } = followSlots(pools.general, freshness, engine, cacheBytes, log)
  const follow = { calendar, tail: freshness.tail, log }
  const roomsOf = (clinicNo: number) => engine.theatre.roomResourceIds(clinicNo)
  const allPools = [...Object.values(pools), ...replicas.pools]
  let isReached = urls !== nowhere
  return {
    urls,
    pools,
    engine,
    ownDirectory: own.directory,
    freshness,
    calendar,
    slotLists,
    live: new LiveHub({ ...follow, settings: liveSettingsOf(config) }),
    theatreSignals: new TheatreSignals({ ...follow, roomsOf }),
    rest: {
      ...boundedEngine(config, { ...engine, reads: replicas.reads }, pools.general),
      freshness,
      slotLists,
      calendarReads,
    },
    replicas: replicas.router,
    allPools,
    isReadable: () => isReached && !freshness.breaker.isOpen,
    relocate({ appUrl, sessionUrl }) {
      isReached = true
      for (const pool of allPools) pool.relocate(pool === pools.jobs ? sessionUrl : appUrl)
      freshness.tail.relocate(sessionUrl)
    },
    stop() {
      calendar.stop()
      return Promise.all([replicas.stop(), freshness.stop()])
    },
  }
}

type CacheBytes = Record<keyof typeof cacheShares, number>

/** The bytes of each cache. @param share of HOLDFAST_CACHE_MEGABYTES, 0 to 1 */
export function cacheBytesOf({ cacheMegabytes }: Config, share: number): CacheBytes {
  const bytesOf = (part: keyof CacheBytes) => Math.floor(cacheMegabytes * bytesPerMegabyte * share * cacheShares[part])
  return { calendar: bytesOf('calendar'), lists: bytesOf('lists'), responses: bytesOf('responses') }
}

/** The pools of an engine. */
function openEnginePools(config: Config, open: OpenPool): EnginePools {
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
  }
}

function openEngine(pools: EnginePools, { config, metrics, log, among, requireAllClinics }: OpenShardDeps) {
  const logRefused = refusedBatchLog(log)
  return createEngine({
    batchPool: pools.batches,
    generalPool: pools.general,
    theatrePool: pools.theatre,
    ...settingsAmong(among, pools.general),
    ...(requireAllClinics === undefined ? {} : { requireAllClinics }),
    clinicCasesMax: poolConnections.theatre / 2,
    queuedMax: config.queueSizeMax,
    waitMsMax: config.queueWaitMsMax,
    unknownMsMax: config.outcomeSecondsMax * 1000,
    adminsNeedSecondFactor: config.adminsNeedSecondFactor,
    onBatch(report) {
      metrics.batchDone(report)
      logRefused(report)
    },
    onRefused: metrics.queueRefused,
    onClaims: metrics.claimsDone,
  })
}

function settingsAmong(among: Among | undefined, own: DatabasePool): Pick<EngineSettings, 'shards' | 'directoryPool'> {
  if (among === undefined) return {}
  return among.kind === 'directory'
    ? { shards: among.pools, directoryPool: own }
    : { directoryPool: among.directoryPool }
}

function withCreateClinic<Of extends Engine>(engine: Of, createClinic: Directory['createClinic']): Of {
  return { ...engine, directory: { ...engine.directory, createClinic } }
}

/**
 * The engine as routes use it. A clinic's writes take half of the general connections at most, its members' long reads
 * a quarter, and those of the public, of all clinics together, another quarter.
 */
function boundedEngine(
  { poolSize, queueSizeMax, queueWaitMsMax }: Config,
  engine: Engine,
  pool: DatabasePool,
): Pick<RestDeps, 'engine' | 'limitClinic'> {
  const bounds = { atOnceMax: Math.ceil(poolSize / 2), waitingMax: queueSizeMax, waitMsMax: queueWaitMsMax }
  const ofLongReads = { ...bounds, atOnceMax: Math.ceil(poolSize / 4) }
  const limits = { ofMembers: createClinicLimiter(ofLongReads), ofPublic: createSharedLimiter(ofLongReads) }
  return {
    engine: limitLongReads(promptReads(engine, { pool }), limits),
    limitClinic: createClinicLimiter(bounds),
  }
}

/** The calendar in memory and its lists. They and the cached responses follow the log and the engine's own writes. */
function followSlots(pool: pg.Pool, freshness: Freshness, engine: Engine, cacheBytes: CacheBytes, log: Logger) {
  const calendarReads = createCalendarReads(pool)
  const calendar = new Calendar({
    tail: freshness.tail,
    reads: whileAvailable(calendarReads, freshness.breaker),
    bytesMax: cacheBytes.calendar,
    log,
  })
  calendar.follow(engine)
  freshness.onTrust((isTrusted) => calendar.trust(isTrusted))
  freshness.follow(engine, calendar)
  const slotLists = new SlotLists({ calendar, bytesMax: cacheBytes.lists })
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
