import { readRelease } from '@holdfast/engine'
import { requireOwnSecret } from './audit/audit-anchors.ts'
import { requireBackupKey } from './backups/start-backups.ts'
import { type Database, openDatabase } from './compose/database/open-database.ts'
import { requireFreePort } from './compose/listen.ts'
import { startServing } from './compose/start-serving.ts'
import type { Config } from './config/config.ts'
import { runUntilSignal } from './lifecycle/run-until-signal.ts'
import { settingsAtStart } from './lifecycle/settings-at-start.ts'
import { switchLevelBySignal } from './observe/log-level.ts'
import { createLogger, type Logger } from './observe/logger.ts'
import { startServerProcesses } from './processes/start-server-processes.ts'

export { StartError } from './lifecycle/start-error.ts'

export type StartOptions = {
  env: Record<string, string | undefined>
  /** Receives the messages for people during the start; default: stdout. */
  say?: (line: string) => void
  /** Default: JSON lines on stderr. */
  log?: Logger
  /** Aborted: a start whose connection to the database broke is not repeated any more. */
  signal?: AbortSignal
}

export type StartedServer = {
  /** For example `http://127.0.0.1:3000`. */
  url: string
  /** null: metrics have no separate port. */
  metricsUrl: string | null
  /** Stops accepting requests, and completes what is in progress. The embedded database stops last. Idempotent. */
  stop(): Promise<void>
}

/**
 * Starts Holdfast: settings, database, migrations, initial data, HTTP; in this process, or with HOLDFAST_PROCESSES in
 * several others. The last line it prints is `Holdfast is ready at URL`, with HOLDFAST_URL if it is set, else with the
 * address that it listens on.
 *
 * @throws StartError and the other errors in `reasonOf`, for problems that a person has to fix; nothing is left running
 */
export async function startServer(options: StartOptions): Promise<StartedServer> {
  const say = options.say ?? ((line) => console.log(line))
  const config = settingsAtStart(options.env, say)
  if (config.runsJobs) requireBackupKey(config)
  requireOwnSecret(config)
  const log = options.log ?? createLogger(config.logLevel)
  const endSwitching = switchLevelBySignal(log, config.logLevel)
  try {
    const started = await startParts(options, { config, log, say })
    return { ...started, stop: () => started.stop().finally(endSwitching) }
  } catch (error) {
    endSwitching()
    throw error
  }
}

type Starting = { config: Config; log: Logger; say: (line: string) => void }

/** Leaves nothing running if it fails. */
async function startParts({ env, signal }: StartOptions, { config, log, say }: Starting): Promise<StartedServer> {
  log.info({ release: await readRelease(), node: process.versions.node, processes: config.processes }, 'server starts')
  const database = await openDatabase(config, { share: false, say, beforeCreating: () => requireFreePort(config) })
  try {
    const startServers = config.processes === 1 ? startServing : startServerProcesses
    const serving = await startServers({ config, env, database, log, say, signal })
    const { url, metricsUrl } = serving
    if (metricsUrl !== null) say(`Metrics are at ${metricsUrl}/metrics`)
    if (config.publicUrl !== null) say(`Listening on ${url}`)
    log.info({ url }, 'server is ready')
    say(`Holdfast is ready at ${config.publicUrl ?? url}`)
    let stopped: Promise<void> | null = null
    const stop = () => {
      stopped ??= stopAll(serving, database, log)
      return stopped
    }
    return { url, metricsUrl, stop }
  } catch (error) {
    await database.stop()
    throw error
  }
}

async function stopAll(serving: Pick<StartedServer, 'stop'>, database: Database, log: Logger): Promise<void> {
  log.info('server stops')
  await serving.stop().finally(() => database.stop())
  log.info('server has stopped')
}

/** `holdfast start`: runs until a signal; `signal` is that of the command. @returns the process's exit code */
export function runServer(options: StartOptions): Promise<number> {
  return runUntilSignal((signal) => startServer({ ...options, signal }), { earlier: options.signal })
}
