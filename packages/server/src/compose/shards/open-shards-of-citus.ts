import { type Shard, shardOf } from '@holdfast/engine/shards'
import { ShardedAuditRecorder } from '../../audit/sharded-audit-recorder.ts'
import { changesOfCommitted, changesOfEntry } from '../../cache/changes.ts'
import type { ResponseCache } from '../../cache/response-cache.ts'
import type { Config } from '../../config/config.ts'
import { createProbes } from '../../edge/probes.ts'
import { liveSettingsOf } from '../../live/live-settings.ts'
import { ShardedHub } from '../../live/sharded-hub.ts'
import { watchHeldBack } from '../../observe/watch-held-back.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import { closeTogether } from '../pools/close-together.ts'
import type { JobDatabase } from '../pools/job-database.ts'
import { poolOpener } from '../pools/pool-opener.ts'
import { probeBounds } from '../pools/probe-bounds.ts'
import { followDatabase, urlsOfShard } from './follow-database.ts'
import { type Coordinator, openCoordinator } from './open-coordinator.ts'
import { type OpenShard, openShard } from './open-shard.ts'
import { type OpenShards, type OpenShardsDeps, poolsByLabel } from './shards.ts'

/** For queries in progress. */
const closeMs = 1_000

/**
 * Opens each shard of a database on Citus, and the coordinator. What is open of a shard is led to another node when the
 * shard is moved there. A shard whose node is away responds once it is back.
 *
 * @throws the driver's error when a node cannot be reached
 */
export async function openShardsOfCitus(
  config: Config,
  database: PreparedDatabase,
  shards: readonly Shard[],
  deps: OpenShardsDeps,
): Promise<OpenShards> {
  const { log, metrics, isStopping, accountsPool } = deps
  const cacheShare = 1 / (shards.length + 1)
  const probePool = poolOpener(database, log)('probes', probeBounds)
  const opened = new Map<Shard, OpenShard>()
  const ofClinic = (clinicNo: number): OpenShard => {
    const open = opened.get(shardOf(shards, clinicNo))
    if (open === undefined) throw new Error(`The shard of the clinic ${clinicNo} is not open.`)
    return open
  }
  const coordinator = openCoordinator(database, { config, cacheShare, log, metrics, opened, ofClinic })
  const coordinatorPool = coordinator.pools.general
  try {
    for (const shard of shards) {
      const ofShard = { config, cacheShare, log: log.child({ shard: shard.schema }), metrics, coordinatorPool }
      const open = await openShard(urlsOfShard(database, shard), ofShard)
      closeTogether(Object.values(open.pools))
      opened.set(shard, open)
      outdate(coordinator.cache, open)
    }
  } catch (error) {
    // The tails of the others would keep the process running.
    await closeOpened([...opened.values()])
    throw error
  }
  closeTogether([...Object.values(coordinator.pools), probePool, accountsPool])
  const all = [...opened.values()]
  trustWhileAllAreTrusted(coordinator.cache, all)
  const { byClinic } = coordinator.engine.auditLog
  const appends = new Map(all.map((shard) => [shard, shard.engine.auditLog.append]))
  const following = followDatabase(database, opened, { pool: probePool, log })
  const generalPools = all.map(({ pools }) => pools.general)
  const heldBack = watchHeldBack(generalPools, { log, isStopping })
  return {
    all,
    common: coordinator,
    behindCoordinator: all,
    jobDatabases: jobDatabasesOf(database, coordinator, opened),
    createAudit: (audit) => new ShardedAuditRecorder({ ...audit, byClinic, appends, shardOf: ofClinic }),
    shardOf: ofClinic,
    live: new ShardedHub({
      hubs: () => all.map(({ live }) => live),
      hubOf: (clinicNo) => ofClinic(clinicNo).live,
      settings: liveSettingsOf(config),
    }),
    probes: createProbes(probePool, { isStopping, shards: generalPools, heldBack: heldBack.latest }),
    pools: { ...poolsByLabel([...all, coordinator]), probes: [probePool] },
    allPools: [...all.flatMap(({ allPools }) => allPools), ...coordinator.allPools, probePool],
    toStop: [{ engine: coordinator.engine, stop: following.stop }, ...all],
    mustRestart: following.split,
  }
}

function jobDatabasesOf(
  { sessionUrl }: PreparedDatabase,
  coordinator: Coordinator,
  opened: ReadonlyMap<Shard, OpenShard>,
): JobDatabase[] {
  const { pools } = coordinator
  return [
    { parts: ['coordinator'], shard: null, sessionUrl, pools },
    ...Array.from(opened, ([{ schema }, open]) => ({
      parts: ['shard'] as const,
      shard: schema,
      sessionUrl: open.urls.sessionUrl,
      pools: open.pools,
    })),
  ]
}

async function closeOpened(all: readonly OpenShard[]): Promise<void> {
  await Promise.all(all.map((open) => open.stop()))
  await Promise.all(all.flatMap(({ allPools }) => allPools).map((pool) => pool.close(closeMs)))
}

/** What changes in a shard also outdates responses about all clinics. */
function outdate(cache: ResponseCache, { engine, freshness, calendar }: OpenShard): void {
  engine.onCommitted((committed) => cache.drop(changesOfCommitted(committed)))
  freshness.tail.subscribe((entries) => {
    for (const entry of entries) if (!calendar.isOwn(entry)) cache.drop(changesOfEntry(entry, calendar))
  })
}

/** While the log of a shard cannot be read, a response may lack what has changed there. */
function trustWhileAllAreTrusted(cache: ResponseCache, all: readonly OpenShard[]): void {
  const trusted = new Set(all)
  for (const open of all) {
    open.freshness.onTrust((isTrusted) => {
      if (isTrusted) trusted.add(open)
      else trusted.delete(open)
      cache.trust(trusted.size === all.length)
    })
  }
}
