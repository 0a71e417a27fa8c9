import type { DatabasePool, Engine, Reads } from '@holdfast/engine'
import type { Freshness } from '../../cache/freshness.ts'
import type { Config } from '../../config/config.ts'
import type { Logger } from '../../observe/logger.ts'
import { openReplicas } from '../../replicas/open-replicas.ts'
import { type ReadRouter, replicatedReads } from '../../replicas/read-router.ts'

export type ReplicaReads = {
  /** The reads go to replicas where there are some. */
  reads: Reads
  /** null: there are none. */
  router: ReadRouter | null
  pools: DatabasePool[]
  stop(): Promise<void>
}

type ReplicaReadsDeps = {
  engine: Engine
  freshness: Freshness
  log: Logger
  /** See `EngineSettings`. */
  requireAllClinics: (() => void) | undefined
}

/** The reads of DATABASE_REPLICA_URLS, for the clinics of a database. Without replicas, they are the engine's. */
export function openReplicaReads(
  { databaseReplicaUrls: urls, poolSize: max, replicaLagMsMax: lagMsMax }: Config,
  { appUrl }: { appUrl: string },
  { engine, freshness, log, requireAllClinics }: ReplicaReadsDeps,
): ReplicaReads {
  const primaryReads = engine.reads
  if (urls === null) return { reads: primaryReads, router: null, pools: [], stop: async () => undefined }
  const epoch = () => freshness.tail.epoch
  const { router, pools } = openReplicas({ urls, appUrl, max, lagMsMax, primaryReads, epoch, log })
  return { reads: replicatedReads(primaryReads, router, requireAllClinics), router, pools, stop: () => router.stop() }
}
