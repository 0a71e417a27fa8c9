import { createPool } from '@holdfast/engine'
import type pg from 'pg'
import type { Config } from '../../config/config.ts'
import { buildMetricsApp } from '../../edge/metrics-app.ts'
import { createProbes } from '../../edge/probes.ts'
import type { Logger } from '../../observe/logger.ts'
import { addMachineFigures } from '../../observe/machine-figures.ts'
import { createMetrics, type Metrics } from '../../observe/metrics.ts'
import { listen } from '../listen.ts'
import type { JobDatabase } from '../pools/job-database.ts'
import type { DatabaseUrls } from '../pools/job-pools.ts'
import { onIdleErrorOf } from '../pools/pool-opener.ts'
import { probeBounds } from '../pools/probe-bounds.ts'

export type ObservedWorker = {
  metrics: Metrics
  /** null: HOLDFAST_WORKER_PORT is not set, and nothing is served. */
  url: string | null
  /** The worker begins to stop: it is not ready any more. */
  onStop(): void
  close(): Promise<void>
}

/** The metrics of a process that only runs jobs, and its probes, served on HOLDFAST_WORKER_PORT. */
export async function observeWorker(
  config: Config,
  { appUrl }: DatabaseUrls,
  databases: readonly JobDatabase[],
  log: Logger,
): Promise<ObservedWorker> {
  const pool = createPool({ url: appUrl, name: 'holdfast probes', onIdleError: onIdleErrorOf(log), ...probeBounds })
  let isStopping = false
  const shards =
    databases.length === 1
      ? []
      : databases.map(({ shard, pools }) => ({ name: shard ?? 'directory', pool: pools.jobs }))
  const probes = createProbes(pool, { isStopping: () => isStopping, shards })
  const pools = { ...poolsByName(databases), probes: [pool] }
  const metrics = createMetrics({ pools: () => pools, serving: null, readDatabase: probes.databaseFigures })
  addMachineFigures(metrics.registry, { ...config, publicUrl: null })
  const onStop = () => {
    isStopping = true
  }
  const { workerPort, metricsToken: token } = config
  if (workerPort === null) return { metrics, url: null, onStop, close: () => pool.close(0) }
  const app = await buildMetricsApp({ log, metrics, token, probes })
  const close = async () => {
    await app.close()
    await pool.close(0)
  }
  try {
    const url = await listen(app, config, { setting: 'HOLDFAST_WORKER_PORT', port: workerPort })
    return { metrics, url, onStop, close }
  } catch (error) {
    await close()
    throw error
  }
}

function poolsByName(databases: readonly JobDatabase[]): Record<string, pg.Pool[]> {
  const named = databases.flatMap(({ pools }) => Object.entries(pools))
  const names = [...new Set(named.map(([name]) => name))]
  return Object.fromEntries(
    names.map((name) => [name, named.filter(([other]) => other === name).map(([, pool]) => pool)]),
  )
}
