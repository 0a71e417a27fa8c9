import { isIPv6 } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type ComposedServer, composeServer } from './compose/compose-server.ts'
import { createInitialData, type NewAdministrator } from './compose/initial-data.ts'
import { openDatabase } from './compose/open-database.ts'
import type { Config } from './config/config.ts'
import { runUntilSignal } from './lifecycle/run-until-signal.ts'
import { settingsAtStart } from './lifecycle/settings-at-start.ts'
import { StartError } from './lifecycle/start-error.ts'
import { createLogger, type Logger } from './observe/logger.ts'

export { StartError } from './lifecycle/start-error.ts'

export type StartOptions = {
  env: Record<string, string | undefined>
  /** Receives the messages for people during the start; default: stdout. */
  say?: (line: string) => void
  /** Default: JSON lines on stderr. */
  log?: Logger
}

export type StartedServer = {
  /** For example `http://127.0.0.1:3000`. */
  url: string
  /** null: metrics have no separate port. */
  metricsUrl: string | null
  administrator: NewAdministrator | null
  /** See {@link ComposedServer.stop}. The embedded database stops last. Idempotent. */
  stop(): Promise<void>
}

/**
 * Starts Holdfast in this process: settings, database, migrations, initial data, HTTP. The last line it prints is
 * `Holdfast is ready at URL`, with HOLDFAST_URL if it is set, else with the address that it listens on.
 *
 * @throws StartError and the other errors in `reasonOf`, for problems that a person has to fix; nothing is left running
 */
export async function startServer(options: StartOptions): Promise<StartedServer> {
  const say = options.say ?? ((line) => console.log(line))
  const config = settingsAtStart(options.env, say)
  const log = options.log ?? createLogger(config.logLevel)
  const database = await openDatabase(config, { share: false, say })
  let server: ComposedServer | null = null
  try {
    const prepared = await database.prepare((line) => log.info(line))
    server = await composeServer(config, prepared, log)
    const wantsDemo = config.demo ?? database.embedded
    const administrator = await createInitialData(server, { ownerUrl: database.ownerUrl, config, wantsDemo })
    // Print it now: this is the only time, even if a later step fails (for example, the port is in use).
    if (administrator !== null) sayAdministrator(administrator, say)
    const metricsUrl =
      server.metricsApp === null ? null : await listen(server.metricsApp, config.host, config.metricsPort ?? 0)
    const url = await listen(server.app, config.host, config.port)
    await server.startJobs()
    if (metricsUrl !== null) say(`Metrics are at ${metricsUrl}/metrics`)
    if (config.publicUrl !== null) say(`Listening on ${url}`)
    say(`Holdfast is ready at ${config.publicUrl ?? url}`)
    const started = server
    let stopped: Promise<void> | null = null
    const stop = () => {
      stopped ??= started.stop().finally(() => database.stop())
      return stopped
    }
    return { url, metricsUrl, administrator, stop }
  } catch (error) {
    await server?.stop()
    await database.stop()
    throw error
  }
}

/** `holdfast start`: runs until a signal. @returns the process's exit code */
export function runServer(options: StartOptions): Promise<number> {
  return runUntilSignal(() => startServer(options))
}

function sayAdministrator(administrator: NewAdministrator, say: (line: string) => void): void {
  say(`Administrator: ${administrator.email}`)
  say(`Password: ${administrator.password ?? '(the one in HOLDFAST_ADMIN_PASSWORD)'}`)
}

async function listen(app: FastifyInstance, host: Config['host'], port: number): Promise<string> {
  try {
    await app.listen({ host, port })
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
