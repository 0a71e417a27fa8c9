import { DatabaseUnavailable, directoryNo, findClinicShard, type ShardPools } from '@holdfast/engine'
import { AuditRecorder } from '../../audit/audit-recorder.ts'
import { ShardedAuditRecorder } from '../../audit/sharded-audit-recorder.ts'
import type { Config } from '../../config/config.ts'
import { ofShard } from '../../config/shard-settings.ts'
import { createProbes, type ProbedDatabase } from '../../edge/probes.ts'
import { liveSettingsOf } from '../../live/live-settings.ts'
import { ShardedHub } from '../../live/sharded-hub.ts'
import { addHeldBackFigures } from '../../observe/held-back-figures.ts'
import type { Logger } from '../../observe/logger.ts'
import { watchHeldBack } from '../../observe/watch-held-back.ts'
import { addReplicaFigures, type ReplicaSource } from '../../replicas/replica-figures.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import { nowhere, type PreparedShard, relocateWhenReached } from '../database/prepare-shards.ts'
import { closeTogether } from '../pools/close-together.ts'
import type { JobDatabase } from '../pools/job-database.ts'
import { type ClinicMap, type Moved, openClinicMap } from './clinic-map.ts'
import { createClinicIn } from './create-clinic-in.ts'
import { createPlaces } from './create-places.ts'
import { openCommon } from './open-common.ts'
import { cacheBytesOf, type OpenShard, openShard } from './open-shard.ts'
import { type OpenShards, type OpenShardsDeps, poolsByLabel } from './shards.ts'
import { unknownDatabase } from './unknown-database.ts'

/** Milliseconds. */
const closeMs = 0

/**
 * Opens the database, or the directory with the other databases of the installation.
 *
 * @throws the driver's error when the database, or the directory, cannot be reached
 */
export async function openShards(
  config: Config,
  database: PreparedDatabase,
  deps: OpenShardsDeps,
): Promise<OpenShards> {
  const { shards } = database
  return shards === null ? openOne(config, database, deps) : openSeveral(config, { ...database, shards }, deps)
}

async function openOne(config: Config, database: PreparedDatabase, deps: OpenShardsDeps): Promise<OpenShards> {
  const { log, metrics, isStopping, accountsPool } = deps
  const only = new Set([directoryNo])
  let map: ClinicMap
  const { requireAllClinics, lacksClinics, elsewhere } = clinicsElsewhere(() => map, only)
  const shard = await openShard(database, { config, cacheShare: 1, log, metrics, requireAllClinics })
  try {
    map = await openClinicMap(shard.pools, () => undefined)
  } catch (error) {
    await stopAll([shard])
    throw error
  }
  const following = new AbortController()
  void map.follow(following.signal)
  closeTogether([...Object.values(shard.pools), accountsPool])
  addReplicaFigures(metrics.registry, [{ shard: null, router: shard.replicas }])
  const heldBack = watchHeldBack([shard.pools.probes], { log, isStopping })
  const observed = [{ name: null, pools: shard.pools }] as const
  addHeldBackFigures(metrics.registry, heldBack)
  return {
    all: [shard],
    common: {
      ...shard,
      cache: shard.freshness.cache,
      rest: { ...shard.rest, freshness: { ...shard.freshness, lacksClinics } },
    },
    jobDatabases: [{ shard: null, pools: shard.pools }],
    createAudit: (audit) => new AuditRecorder({ ...audit, append: shard.engine.auditLog.append }),
    shardOf: () => shard,
    find: () => shard,
    elsewhere,
    async lookAgain(clinicNo) {
      const no = await findClinicShard(shard.pools.general, clinicNo)
      if (no !== null && no !== directoryNo) throw unknownDatabase(no)
      return false
    },
    places: createPlaces({ map, shardOf: () => shard, elsewhere }),
    live: shard.live,
    observed,
    probes: createProbes(observed, { isStopping, log, heldBack: heldBack.latest }),
    pools: poolsByLabel([shard]),
    allPools: shard.allPools,
    stop() {
      following.abort()
      return shard.stop()
    },
  }
}

async function openSeveral(
  config: Config,
  database: PreparedDatabase & { shards: readonly PreparedShard[] },
  deps: OpenShardsDeps,
): Promise<OpenShards> {
  const { log, metrics, isStopping, accountsPool } = deps
  // The directory has a cache for its own clinics, and one for lists of all.
  const cacheShare = 1 / (database.shards.length + 2)
  const opened = new Map<number, OpenShard>()
  const ofNo = (no: number): OpenShard => {
    const open = opened.get(no)
    if (open === undefined) throw unknownDatabase(no)
    return open
  }
  const pools: ShardPools = {
    all: () => Array.from(opened.values(), (open) => open.pools.general),
    of: async (clinicNo) => ofNo(await map.find(clinicNo)).pools.general,
  }
  let map: ClinicMap
  const { requireAllClinics, lacksClinics, elsewhere } = clinicsElsewhere(() => map, opened)
  const live = new ShardedHub({
    hubs: () => Array.from(opened.values(), (open) => open.live),
    hubOf: async (clinicNo) => (await find(clinicNo)).live,
    settings: liveSettingsOf(config),
  })
  const reaching = new AbortController()
  try {
    const among = { kind: 'directory' as const, pools, createClinic: createClinicIn(opened, () => map) }
    const directory = await openShard(database, { config, cacheShare, log, metrics, among, requireAllClinics })
    opened.set(directoryNo, directory)
    map = await openClinicMap(directory.pools, (moved) => noteMove(moved, { opened, live, log }))
    for (const shard of database.shards) {
      const { settings } = shard
      const own = { config: ofShard(config, settings), cacheShare, log: log.child({ shard: settings.name }), metrics }
      const among = { kind: 'shard' as const, directoryPool: directory.pools.general }
      const open = await openShard(shard.urls ?? nowhere, { ...own, among })
      closeTogether(Object.values(open.pools))
      opened.set(shard.no, open)
      if (shard.urls === null) relocateWhenReached(shard, open.relocate, { signal: reaching.signal, log: own.log })
    }
    closeTogether([...Object.values(directory.pools), accountsPool])
  } catch (error) {
    // The tails of the others would keep the process running.
    reaching.abort()
    await stopAll([...opened.values()])
    throw error
  }
  const all = [...opened.values()]
  const nameOf = namesOf(database.shards)
  addReplicaFigures(metrics.registry, routersOf(opened, nameOf))
  const directory = ofNo(directoryNo)
  void map.follow(reaching.signal)
  const listed = { ...pools, all: () => all.filter((open) => open.isReadable()).map((open) => open.pools.general) }
  const { responses: cacheBytesMax } = cacheBytesOf(config, cacheShare)
  const common = openCommon(directory, all, { cacheBytesMax, listed, lacksClinics })
  const probePools = all.map(({ pools }) => pools.probes)
  const heldBack = watchHeldBack(probePools, { log, isStopping })
  addHeldBackFigures(metrics.registry, heldBack)
  const observed = observedOf(directory, opened, nameOf)
  const { byClinic } = directory.engine.auditLog
  const appends = new Map(all.map((open) => [open, open.engine.auditLog.append]))
  const shardOf = (clinicNo: number) => ofNo(map.of(clinicNo) ?? directoryNo)
  const find = (clinicNo: number) => {
    const no = map.of(clinicNo)
    return no === null ? map.find(clinicNo).then(ofNo) : ofNo(no)
  }
  return {
    all,
    common,
    jobDatabases: jobDatabasesOf(database.shards, ofNo),
    createAudit: (audit) => new ShardedAuditRecorder({ ...audit, byClinic, appends, shardOf }),
    shardOf,
    find,
    elsewhere,
    lookAgain: (clinicNo) => map.lookAgain(clinicNo),
    places: createPlaces({ map, shardOf, elsewhere }),
    live,
    observed,
    probes: createProbes(observed, { isStopping, log, heldBack: heldBack.latest }),
    pools: poolsByLabel(all),
    allPools: all.flatMap(({ allPools }) => allPools),
    stop() {
      reaching.abort()
      return Promise.all(all.map((open) => open.stop()))
    },
  }
}

async function stopAll(opened: readonly OpenShard[]): Promise<void> {
  await Promise.all(opened.map((open) => open.stop()))
  await Promise.all(opened.flatMap(({ allPools }) => allPools.map((pool) => pool.close(closeMs))))
}

/** A client that follows a clinic that has moved to another database gets its changes from there. */
function noteMove(
  { clinicNo, from, to }: Moved,
  { opened, live, log }: { opened: ReadonlyMap<number, OpenShard>; live: ShardedHub; log: Logger },
): void {
  log.info({ clinicNo, from, to }, 'a clinic was moved to another database')
  opened.get(to)?.theatreSignals.takeOver(clinicNo, opened.get(from)?.theatreSignals)
  live.moved(clinicNo)
}

/** The directory first. */
function observedOf(directory: OpenShard, opened: ReadonlyMap<number, OpenShard>, nameOf: (no: number) => string) {
  const observed = (no: number, { pools }: OpenShard): ProbedDatabase => ({ name: nameOf(no), pools })
  const others = Array.from(opened).filter(([no]) => no !== directoryNo)
  return [observed(directoryNo, directory), ...others.map(([no, open]) => observed(no, open))] as const
}

function jobDatabasesOf(shards: readonly PreparedShard[], ofNo: (no: number) => OpenShard): JobDatabase[] {
  const others = shards.map(({ settings, no }) => ({ shard: settings.name, pools: ofNo(no).pools }))
  return [{ shard: null, pools: ofNo(directoryNo).pools }, ...others]
}

/** The replicas of all databases that have some. */
function routersOf(opened: ReadonlyMap<number, OpenShard>, nameOf: (no: number) => string): ReplicaSource[] {
  return Array.from(opened, ([no, { replicas }]) => ({ shard: nameOf(no), router: replicas }))
}

/** The names of several databases, in metrics. */
function namesOf(shards: readonly PreparedShard[]): (no: number) => string {
  const names = new Map(shards.map(({ no, settings }) => [no, settings.name]))
  return (no) => names.get(no) ?? 'directory'
}

/** What is refused, and what is marked, while clinics are, or may be, in another database than this process knows. */
function clinicsElsewhere(mapOf: () => ClinicMap, opened: { has(no: number): boolean }) {
  return {
    /** @throws DatabaseUnavailable while some are */
    requireAllClinics() {
      const no = mapOf().otherThan(opened)
      if (no !== null) throw unknownDatabase(no)
      if (mapOf().known() !== null) return
      const message = 'This server has not learned lately in which databases clinics are.'
      throw new DatabaseUnavailable(message, { outcomeUnknown: false, cause: undefined })
    },
    lacksClinics: () => mapOf().otherThan(opened) !== null || mapOf().known() === null,
    elsewhere() {
      const map = mapOf()
      if (map.otherThan(opened) === null) return null
      return (clinicNo: number) => !opened.has(map.of(clinicNo) ?? directoryNo)
    },
  }
}
