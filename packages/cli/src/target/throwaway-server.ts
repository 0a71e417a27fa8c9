import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { removeEmbeddedDatabase } from '@holdfast/adapters/embedded-postgres'
import { CommandRefusal } from '../command.ts'
import type { Environment } from '../terminal.ts'

export type ThrowawayServer = {
  url: string
  credentials: { email: string; password: string }
  /** Stops the server and its database, and removes its data. */
  stop(): Promise<void>
}

const startSecondsMax = 120
const stopSecondsMax = 60
const errorLinesReportedMax = 20
const mainPath = fileURLToPath(new URL('../main.ts', import.meta.url))
/** The environment variables that the server needs; no setting is inherited, least of all DATABASE_URL. */
const inherited = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'TZ',
  'USER',
  'LOGNAME',
  'NODE_V8_COVERAGE',
  'NODE_COMPILE_CACHE',
]

/**
 * Starts `holdfast start` with a new, empty database in a temporary directory, on a free port, without rate limits and
 * without the demo clinic. It stops when this process ends, for whatever reason.
 *
 * @throws CommandRefusal with the last lines it wrote, when it does not become ready
 */
export async function startThrowawayServer(env: Environment, signal: AbortSignal): Promise<ThrowawayServer> {
  const credentials = { email: 'replay@holdfast.local', password: randomBytes(24).toString('base64url') }
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-replay-'))
  const child = spawn(process.execPath, [mainPath, 'start'], {
    env: {
      ...Object.fromEntries(inherited.map((name) => [name, env[name]])),
      PORT: '0',
      HOLDFAST_DATA: directory,
      HOLDFAST_SECRET_FILE: join(directory, 'secret'),
      HOLDFAST_RATE_LIMIT: 'off',
      HOLDFAST_DEMO: 'off',
      HOLDFAST_ADMIN_EMAIL: credentials.email,
      HOLDFAST_ADMIN_PASSWORD: credentials.password,
      HOLDFAST_LOG_LEVEL: 'warn',
    },
    // Its own process group: a Ctrl-C at the terminal reaches this process only, which then stops the server once.
    detached: true,
    // When this process ends, the channel closes and `start` stops; see stop-with-parent.ts.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const stop = async () => {
    await stopChild(child)
    await removeEmbeddedDatabase(directory)
  }
  try {
    return { url: await readyUrl(child, signal), credentials, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The address in the line `Holdfast is ready at URL`. */
async function readyUrl(child: ChildProcess, signal: AbortSignal): Promise<string> {
  const errorLines: string[] = []
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('The server was started without pipes.')
  createInterface({ input: stderr }).on('line', (line) => {
    errorLines.push(line)
    if (errorLines.length > errorLinesReportedMax) errorLines.shift()
  })
  const failed = (what: string) =>
    new CommandRefusal(`the temporary server ${what}${errorLines.length === 0 ? '' : `: ${errorLines.join(' | ')}`}`)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const onAbort = () =>
    reject(signal.aborted ? new CommandRefusal('stopped') : failed(`was not ready in ${startSecondsMax} s`))
  const aborted = AbortSignal.any([signal, AbortSignal.timeout(startSecondsMax * 1000)])
  aborted.addEventListener('abort', onAbort)
  if (aborted.aborted) onAbort()
  child.once('error', (error) => reject(failed(`could not be started (${error.message})`)))
  child.once('close', (code) => reject(failed(`ended with exit code ${code}`)))
  createInterface({ input: stdout }).on('line', (line) => {
    const url = /^Holdfast is ready at (http:\S+)$/.exec(line)?.[1]
    if (url !== undefined) resolve(url)
  })
  return promise
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), stopSecondsMax * 1000)
  await ended
  clearTimeout(force)
}
