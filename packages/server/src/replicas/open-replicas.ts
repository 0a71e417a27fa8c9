import { createPool, type DatabasePool, type Reads } from '@holdfast/engine'
import type { Logger } from '../observe/logger.ts'
import { ReadRouter } from './read-router.ts'
import { Replica } from './replica.ts'
import { replicaName, replicaUrl } from './replica-address.ts'

export type ReplicaSettings = {
  /** The replicas. A URL without a user gets the application's login. */
  urls: readonly string[]
  appUrl: string
  /** Connections for reads, per replica. */
  max: number
  /** See {@link ReadRouter}. */
  lagMsMax: number
  primaryReads: Reads
  /** The epoch of the log, as the primary writes it. */
  epoch: () => number
  log: Logger
}

export type OpenReplicas = { router: ReadRouter; pools: DatabasePool[] }

/** The bounds of the queries that find out where a server is. */
const checkBounds = { queryTimeoutMs: 1_000, connectTimeoutMs: 1_000 }
const readBounds = { queryTimeoutMs: 15_000, connectTimeoutMs: 1_000 }

export function openReplicas(settings: ReplicaSettings): OpenReplicas {
  const { urls, appUrl, max, epoch, log } = settings
  const onIdleError = (error: Error) => log.warn({ err: error }, 'an idle database connection was lost')
  const primary = createPool({ url: appUrl, name: 'holdfast position', max: 1, ...checkBounds, onIdleError })
  const opened = urls.map((given) => {
    const url = replicaUrl(given, appUrl)
    const open = (bounds: { max: number; queryTimeoutMs: number; connectTimeoutMs: number }) =>
      createPool({ url, name: 'holdfast replica', ...bounds, onIdleError })
    const pools = { reads: open({ ...readBounds, max }), checks: open({ ...checkBounds, max: checkConnections }) }
    return { pools, replica: new Replica(replicaName(given), pools, epoch) }
  })
  const router = new ReadRouter({ ...settings, primary, replicas: opened.map(({ replica }) => replica) })
  return { router, pools: [primary, ...opened.flatMap(({ pools }) => Object.values(pools))] }
}

const checkConnections = 2
