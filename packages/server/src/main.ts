import { isIPv6 } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type ComposedServer, composeServer, openDatabase } from './compose.ts'
import type { Config } from './config.ts'
import { makeFirstContents, type NewAdministrator } from './first-contents.ts'
import { createLogger, type Logger } from './logger.ts'
import { runUntilSignal } from './run-until-signal.ts'
import { settingsAtStart } from './settings-at-start.ts'
import { StartError } from './start-error.ts'

export { StartError } from './start-error.ts'

export type StartOptions = {
  env: Record<string, string | undefined>
  /** Where the human lines of the start go; default: stdout. */
  say?: (line: string) => void
  /** Default: JSON lines on stderr. */
  log?: Logger
}

export type StartedServer = {
  /** For example `http://127.0.0.1:3000`. */
  url: string
  /** null: metrics have no port of their own. */
  metricsUrl: string | null
  administrator: NewAdministrator | null
  /** See {@link ComposedServer.stop}; the embedded database stops last. Again: does nothing more. */
  stop(): Promise<void>
}

/**
 * Starts one server process's worth of Holdfast: settings, database, migrations, first contents, HTTP. Its last line is
 * `Holdfast is ready at http://HOST:PORT`.
 *
 * @throws StartError and its kin (see `reasonOf`) for what a person must mend; nothing is left running then
 */
export async function startServer(options: StartOptions): Promise<StartedServer> {
  const say = options.say ?? ((line) => console.log(line))
  const config = settingsAtStart(options.env, say)
  const log = options.log ?? createLogger(config.logLevel)
  const database = await openDatabase(config, { share: false, say })
  let server: ComposedServer | null = null
  try {
    const prepared = await database.migrate((line) => log.info(line))
    server = await composeServer(config, prepared, log)
    const wantsDemo = config.demo ?? database.embedded
    const administrator = await makeFirstContents(server, { ownerUrl: database.ownerUrl, config, wantsDemo })
    // At once: the password is told this one time, also when what follows fails (the port is in use).
    if (administrator !== null) sayAdministrator(administrator, say)
    const metricsUrl =
      server.metricsApp === null ? null : await listen(server.metricsApp, config.host, config.metricsPort ?? 0)
    const url = await listen(server.app, config.host, config.port)
    await server.startJobs()
    if (metricsUrl !== null) say(`Metrics are at ${metricsUrl}/metrics`)
    say(`Holdfast is ready at ${url}`)
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

/** `holdfast start`: runs until a signal says stop. @returns the process's exit code */
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
      `Port ${port} of ${host} is in use by another program. Stop that one, or choose another port: PORT=${port + 1} npm start`,
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
