import { startBackups } from '../backups/start-backups.ts'
import type { Config } from '../config/config.ts'
import { startAgainIfCutOff } from '../lifecycle/start-again.ts'
import type { Logger } from '../observe/logger.ts'
import type { MetricsSources } from '../observe/metrics.ts'
import { type ComposedServer, composeServer } from './compose-server.ts'
import type { Database } from './database/open-database.ts'
import { createInitialData, type NewAdministrator } from './initial-data.ts'
import { listen } from './listen.ts'

export type ServeOptions = {
  config: Config
  env: Record<string, string | undefined>
  database: Database
  log: Logger
  /** Receives messages for people during the start. */
  say: (line: string) => void
  /** Aborted: a start whose connection to the database broke is not repeated any more. */
  signal?: AbortSignal | undefined
  /** See {@link MetricsSources}. */
  readAllMetrics?: MetricsSources['readAll']
}

export type Serving = Pick<ComposedServer, 'metrics'> & {
  /** For example `http://127.0.0.1:3000`. */
  url: string
  /** null: metrics have no separate port. */
  metricsUrl: string | null
  /** See {@link ComposedServer.stop}. The backups stop last. */
  stop(): Promise<void>
}

/**
 * Serves HTTP in this process, with the jobs and backups if HOLDFAST_WORKER is on. Prepares the database, and creates
 * the initial data if there are none. A start whose connection to the database breaks is repeated.
 *
 * @throws StartError and the other errors in `reasonOf`, for problems that a person has to fix; nothing is left running
 */
export function startServing(options: ServeOptions): Promise<Serving> {
  return startAgainIfCutOff(options, () => startOnce(options))
}

async function startOnce({ config, env, database, log, say, readAllMetrics }: ServeOptions): Promise<Serving> {
  const prepared = await database.prepare((line, level = 'info') => log[level](line))
  const server = await composeServer(config, prepared, log, readAllMetrics)
  try {
    const demo = config.demo ?? (database.embedded ? 'on' : 'off')
    const { ownerUrl } = database
    const onAdministrator = (created: NewAdministrator) => sayAdministrator(created, say)
    await createInitialData(server, { ownerUrl, config, demo, onAdministrator })
    const metricsUrl =
      server.metricsApp === null
        ? null
        : await listen(server.metricsApp, config, { setting: 'HOLDFAST_METRICS_PORT', port: config.metricsPort ?? 0 })
    const url = await listen(server.app, config, { setting: 'PORT', port: config.port })
    await server.startJobs()
    const backups = config.runsJobs ? await startBackups({ config, env, database, log }) : null
    const stop = () => server.stop().finally(() => backups?.stop())
    return { url, metricsUrl, metrics: server.metrics, stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

function sayAdministrator(administrator: NewAdministrator, say: (line: string) => void): void {
  say(`Administrator: ${administrator.email}`)
  say(`Password: ${administrator.password ?? '(the one in HOLDFAST_ADMIN_PASSWORD)'}`)
}
