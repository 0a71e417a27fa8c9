import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { startBackups } from '../backups/start-backups.ts'
import type { Config } from '../config/config.ts'
import { StartError } from '../lifecycle/start-error.ts'
import type { Logger } from '../observe/logger.ts'
import type { MetricsSources } from '../observe/metrics.ts'
import { type ComposedServer, composeServer } from './compose-server.ts'
import type { Database } from './database/open-database.ts'
import { refuseBackupsOfShards } from './database/refuse-backups-of-shards.ts'
import { createInitialData, type NewAdministrator } from './initial-data.ts'

export type ServeOptions = {
  config: Config
  env: Record<string, string | undefined>
  database: Database
  log: Logger
  /** Receives messages for people during the start. */
  say: (line: string) => void
  /** See {@link MetricsSources}. */
  readAllMetrics?: MetricsSources['readAll']
}

export type Serving = Pick<ComposedServer, 'metrics' | 'mustRestart'> & {
  /** For example `http://127.0.0.1:3000`. */
  url: string
  /** null: metrics have no separate port. */
  metricsUrl: string | null
  /** See {@link ComposedServer.stop}. The backups stop last. */
  stop(): Promise<void>
}

/**
 * Serves HTTP in this process, with the jobs and backups if HOLDFAST_WORKER is on. Prepares the database, and creates
 * the initial data if there are none.
 *
 * @throws StartError and the other errors in `reasonOf`, for problems that a person has to fix; nothing is left running
 */
export async function startServing({
  config,
  env,
  database,
  log,
  say,
  readAllMetrics,
}: ServeOptions): Promise<Serving> {
  const prepared = await database.prepare((line) => log.info(line))
  refuseBackupsOfShards(config, prepared)
  const server = await composeServer(config, prepared, log, readAllMetrics)
  try {
    const demo = config.demo ?? (database.embedded ? 'on' : 'off')
    const { ownerUrl } = database
    const onAdministrator = (created: NewAdministrator) => sayAdministrator(created, say)
    await createInitialData(server, { ownerUrl, config, demo, onAdministrator })
    const metricsUrl =
      server.metricsApp === null ? null : await listen(server.metricsApp, config.host, config.metricsPort ?? 0)
    const url = await listen(server.app, config.host, config.port)
    await server.startJobs()
    const backups = config.runsJobs
      ? await startBackups({ config, env, database, log, onBackup: server.metrics.backupDone })
      : null
    const stop = () => server.stop().finally(() => backups?.stop())
    return { url, metricsUrl, metrics: server.metrics, mustRestart: server.mustRestart, stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

function sayAdministrator(administrator: NewAdministrator, say: (line: string) => void): void {
  say(`Administrator: ${administrator.email}`)
  say(`Password: ${administrator.password ?? '(the one in HOLDFAST_ADMIN_PASSWORD)'}`)
}

async function listen(app: FastifyInstance, host: Config['host'], port: number): Promise<string> {
  try {
    // On the other addresses of localhost, Fastify would listen with further servers, which have no limits.
    const { address } = await lookup(host, { order: 'ipv4first' })
    await app.listen({ host: address, port })
  } catch (error) {
    throw listenError(error, host, port)
  }
  const address = app.server.address()
  const actualPort = typeof address === 'object' && address !== null ? address.port : port
  return `http://${isIPv6(host) ? `[${host}]` : host}:${actualPort}`
}

function listenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} of ${host} is in use by another program. Stop it, or choose another port: PORT=${port + 1} ` +
        'npm start',
    )
  }
  if (code === 'EACCES') {
    return new StartError(`This user may not listen on port ${port}. Choose a port above 1023 with PORT.`)
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new StartError(`HOST=${host} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all networks.`)
  }
  return error
}
