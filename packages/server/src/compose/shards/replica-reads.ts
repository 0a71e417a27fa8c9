import type { DatabasePool, Engine, Reads } from '@holdfast/engine'
import type { Freshness } from '../../cache/freshness.ts'
import type { Config } from '../../config/config.ts'
import type { Logger } from '../../observe/logger.ts'
import type { Metrics } from '../../observe/metrics.ts'
import { openReplicas } from '../../replicas/open-replicas.ts'
import { replicatedReads } from '../../replicas/read-router.ts'
import { addReplicaFigures } from '../../replicas/replica-figures.ts'

export type ReplicaReads = {
  /** By replicas where there are some. */
  reads: Reads
  pools: DatabasePool[]
  stop(): Promise<void>
}

/** The reads of DATABASE_REPLICA_URLS. Without it, those of the engine. */
export function openReplicaReads(
  { databaseReplicaUrls: urls, poolSize: max, replicaLagMsMax: lagMsMax }: Config,
  { appUrl }: { appUrl: string },
  { engine, freshness, log, metrics }: { engine: Engine; freshness: Freshness; log: Logger; metrics: Metrics },
): ReplicaReads {
  const primaryReads = engine.reads
  if (urls === null) return { reads: primaryReads, pools: [], stop: async () => undefined }
  const epoch = () => freshness.tail.epoch
  const { router, pools } = openReplicas({ urls, appUrl, max, lagMsMax, primaryReads, epoch, log })
  addReplicaFigures(metrics.registry, router)
  return { reads: replicatedReads(primaryReads, router), pools, stop: () => router.stop() }
}
