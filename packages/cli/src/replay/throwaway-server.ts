import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
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
const keptErrorLines = 20
const mainPath = fileURLToPath(new URL('../main.ts', import.meta.url))
/** What the server needs of the machine; no setting is inherited, DATABASE_URL least of all. */
const inherited = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'USER', 'LOGNAME', 'NODE_V8_COVERAGE']

/**
 * Starts `holdfast start` with an empty database of its own in a temporary directory, on a free port, without rate
 * limits and without the demo clinic. It also stops by itself when this process ends in whatever way.
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
      HOLDFAST_RATE_LIMIT: 'off',
      HOLDFAST_DEMO: 'off',
      HOLDFAST_ADMIN_EMAIL: credentials.email,
      HOLDFAST_ADMIN_PASSWORD: credentials.password,
      HOLDFAST_LOG_LEVEL: 'warn',
    },
    // Its own process group: a Ctrl-C at the terminal reaches this process only, which then stops the server once.
    detached: true,
    // The channel closes when this process ends, and `start` then stops; see commands/start.ts.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const stop = async () => {
    await stopChild(child)
    await removeData(directory)
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
    if (errorLines.length > keptErrorLines) errorLines.shift()
  })
  const failed = (what: string) =>
    new CommandRefusal(`the throw-away server ${what}${errorLines.length === 0 ? '' : `: ${errorLines.join(' | ')}`}`)
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(deadline)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    const onAbort = () => settle(() => reject(new CommandRefusal('stopped')))
    const deadline = setTimeout(() => {
      settle(() => reject(failed(`was not ready in ${startSecondsMax} s`)))
    }, startSecondsMax * 1000)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    child.once('error', (error) => settle(() => reject(failed(`could not be started (${error.message})`))))
    child.once('close', (code) => settle(() => reject(failed(`ended with exit code ${code}`))))
    createInterface({ input: stdout }).on('line', (line) => {
      const url = /^Holdfast is ready at (http:\S+)$/.exec(line)?.[1]
      if (url !== undefined) settle(() => resolve(url))
    })
  })
}

/** Also what root's server keeps elsewhere, where its account cannot enter the directory; a note in it says where. */
async function removeData(directory: string): Promise<void> {
  const elsewhere = (await readIfAny(join(directory, 'database-location')))?.trim()
  if (elsewhere) {
    const owner = (await readIfAny(join(elsewhere, 'belongs-to')))?.trim()
    if (owner === (await realpath(directory))) await rm(elsewhere, { recursive: true, force: true })
  }
  await rm(directory, { recursive: true, force: true })
}

function readIfAny(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), stopSecondsMax * 1000)
  await ended
  clearTimeout(force)
}
