import type pg from 'pg'
import type { Config } from '../../config/config.ts'
import { buildMetricsApp } from '../../edge/metrics-app.ts'
import { createProbes, type ProbedDatabase } from '../../edge/probes.ts'
import type { Logger } from '../../observe/logger.ts'
import { addMachineFigures } from '../../observe/machine-figures.ts'
import { createMetrics, type Metrics } from '../../observe/metrics.ts'
import { listen } from '../listen.ts'
import type { OpenJobDatabase } from './open-job-databases.ts'

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
  databases: readonly [OpenJobDatabase, ...OpenJobDatabase[]],
  log: Logger,
): Promise<ObservedWorker> {
  let isStopping = false
  const isOne = databases.length === 1
  const observedOf = ({ shard, pools }: OpenJobDatabase): ProbedDatabase => ({
    name: isOne ? null : (shard ?? 'directory'),
    pools,
  })
  const [first, ...others] = databases
  const observed = [observedOf(first), ...others.map(observedOf)] as const
  const probes = createProbes(observed, { isStopping: () => isStopping, log })
  const pools = poolsByName(databases)
  const metrics = createMetrics({ pools: () => pools, serving: null, readDatabase: probes.databaseFigures })
  addMachineFigures(metrics.registry, { ...config, publicUrl: null })
  const onStop = () => {
    isStopping = true
  }
  const { workerPort, metricsToken: token } = config
  if (workerPort === null) return { metrics, url: null, onStop, close: async () => undefined }
  const app = await buildMetricsApp({ log, metrics, token, probes })
  const close = async () => {
    await app.close()
  }
  try {
    const url = await listen(app, config, { setting: 'HOLDFAST_WORKER_PORT', port: workerPort })
    return { metrics, url, onStop, close }
  } catch (error) {
    await close()
    throw error
  }
}

function poolsByName(databases: readonly OpenJobDatabase[]): Record<string, pg.Pool[]> {
  const named = databases.flatMap(({ pools }) => Object.entries(pools))
  const names = [...new Set(named.map(([name]) => name))]
  return Object.fromEntries(
    names.map((name) => [name, named.filter(([other]) => other === name).map(([, pool]) => pool)]),
  )
}
