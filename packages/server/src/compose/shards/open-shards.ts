import { AuditRecorder } from '../../audit/audit-recorder.ts'
import type { Config } from '../../config/config.ts'
import { createProbes } from '../../edge/probes.ts'
import { watchHeldBack } from '../../observe/watch-held-back.ts'
import type { PreparedDatabase } from '../database/prepare-database.ts'
import { closeTogether } from '../pools/close-together.ts'
import { allParts } from '../pools/job-database.ts'
import { poolOpener } from '../pools/pool-opener.ts'
import { probeBounds } from '../pools/probe-bounds.ts'
import { openShard } from './open-shard.ts'
import { openShardsOfCitus } from './open-shards-of-citus.ts'
import { type OpenShards, type OpenShardsDeps, poolsByLabel } from './shards.ts'

/** @throws the driver's error when the database cannot be reached */
export async function openShards(
  config: Config,
  database: PreparedDatabase,
  deps: OpenShardsDeps,
): Promise<OpenShards> {
  if (database.shards !== null) return openShardsOfCitus(config, database, database.shards, deps)
  const { log, metrics, isStopping, accountsPool } = deps
  const probePool = poolOpener(database, log)('probes', probeBounds)
  const shard = await openShard(database, { config, cacheShare: 1, log, metrics })
  closeTogether([...Object.values(shard.pools), probePool, accountsPool])
  return {
    all: [shard],
    common: { ...shard, cache: shard.freshness.cache },
    behindCoordinator: [],
    jobDatabases: [{ ...database, parts: allParts, shard: null, pools: shard.pools }],
    createAudit: (audit) => new AuditRecorder({ ...audit, append: shard.engine.auditLog.append }),
    shardOf: () => shard,
    live: shard.live,
    probes: createProbes(probePool, { isStopping, heldBack: watchHeldBack([probePool], { log, isStopping }).latest }),
    pools: { ...poolsByLabel([shard]), probes: [probePool] },
    allPools: [...shard.allPools, probePool],
    toStop: [shard],
    mustRestart: null,
  }
}
