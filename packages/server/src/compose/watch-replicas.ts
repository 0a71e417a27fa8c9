import { setTimeout as delay } from 'node:timers/promises'
import { createPool, createReads, type DatabasePool, storedAppLogin } from '@holdfast/engine'
import sql from 'sql-template-tag'
import type { Config } from '../config/config.ts'
import type { KnownReplica } from '../health/database-checks.ts'
import type { Logger } from '../observe/logger.ts'
import { type OpenReplicas, openReplicas } from '../replicas/open-replicas.ts'
import type { ReadRouter } from '../replicas/read-router.ts'
import { replicaName } from '../replicas/replica-address.ts'

/** A database by the URL of its owner, with its own settings. */
type Watched = {
  /** Its name among several; null: the only one. */
  name: string | null
  url: string
  pools: { probes: DatabasePool }
  settings: Pick<Config, 'databaseReplicaUrls' | 'databaseAppUrl' | 'replicaLagMsMax'>
}

type WatchedReplicas = { known(): KnownReplica[]; stop(): Promise<void> }

/** The first measurement of replicas takes a round trip. */
const replicasMs = 1_000
const pollMs = 50
/** How often it tries again, and reads the epoch of the log: another primary may write another one. */
const againMs = 5_000
const closeMs = 0

/**
 * Watches the replicas of a database, as soon as it responds; until then, nothing is known about them.
 *
 * @returns null: it has no replicas
 */
export async function watchReplicas(watched: Watched, log: Logger): Promise<WatchedReplicas | null> {
  const urls = watched.settings.databaseReplicaUrls
  if (urls === null) return null
  const database = watched.name
  const stopping = new AbortController()
  const found: { epoch: number; replicas: OpenReplicas | null } = { epoch: 0, replicas: null }
  const look = async () => {
    found.epoch = await newestEpoch(watched.pools.probes)
    found.replicas ??= await openWatched(urls, watched, { epoch: () => found.epoch, log })
  }
  const lookAgain = async () => {
    while (!stopping.signal.aborted) {
      await delay(againMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (!stopping.signal.aborted) await look().catch(() => undefined)
    }
  }
  await look().catch(() => undefined)
  if (found.replicas !== null) await untilMeasured(found.replicas)
  const looking = lookAgain()
  return {
    known() {
      if (found.replicas === null) {
        return urls.map((url) => ({ database, name: replicaName(url), lagMs: null, isMeasured: false }))
      }
      return knownReplicas(database, found.replicas.router)
    },
    async stop() {
      stopping.abort()
      await looking
      await found.replicas?.router.stop()
      await Promise.all(found.replicas?.pools.map((pool) => pool.close(closeMs)) ?? [])
    },
  }
}

export function knownReplicas(
  database: string | null,
  { replicas, isMeasured }: Pick<ReadRouter, 'replicas' | 'isMeasured'>,
): KnownReplica[] {
  return replicas.map(({ name, lagMs }) => ({ database, name, lagMs, isMeasured }))
}

/** @throws the driver's errors, when the database does not respond */
async function openWatched(
  urls: readonly string[],
  { url, pools, settings }: Watched,
  { epoch, log }: { epoch: () => number; log: Logger },
): Promise<OpenReplicas> {
  const bounds = { max: 1, connectTimeoutMs: replicasMs, queryTimeoutMs: replicasMs }
  const pool = createPool({ url, name: 'holdfast doctor', ...bounds })
  try {
    return openReplicas({
      urls,
      appUrl: settings.databaseAppUrl ?? (await storedAppLogin(pool, url)) ?? url,
      max: 1,
      lagMsMax: settings.replicaLagMsMax,
      primaryReads: createReads(pools.probes),
      epoch,
      log,
    })
  } finally {
    await pool.close(closeMs)
  }
}

async function untilMeasured({ router }: OpenReplicas): Promise<void> {
  const endsAtMs = performance.now() + replicasMs
  while (performance.now() < endsAtMs && !router.isMeasured) await delay(pollMs)
}

async function newestEpoch(pool: DatabasePool): Promise<number> {
  const { rows } = await pool.query<{ no: number }>(sql`select max(no)::integer as no from holdfast.log_epoch`)
  return rows[0]?.no ?? 0
}
