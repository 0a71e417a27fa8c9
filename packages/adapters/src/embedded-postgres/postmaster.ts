import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClusterHome } from './cluster-home.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { errorCode } from './error-code.ts'
import { pollUntil } from './poll-until.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { readPostmasterFile, readPostmasterState } from './postmaster-file.ts'
import { spawnIdentity } from './unprivileged-account.ts'

/** A running server process of ours. */
export type Postmaster = {
  pid: number
  /** Settles when it ends, whatever ended it: `SIGKILL`, `exit code 1` … */
  ended: Promise<string>
  /**
   * `fast` cuts the sessions off, `smart` first gives them 10 s to end by themselves. Waits until the process is gone.
   * @throws EmbeddedPostgresError `stop_failed`
   */
  stop(mode: 'fast' | 'smart'): Promise<void>
}

/** Recovery after a crash replays up to max_wal_size (1 GB), which takes minutes on a slow disk. */
const startLimitMs = 600_000
const stopLimitMs = 60_000
const smartLimitMs = 10_000
const leftoverLimitMs = 30_000
const logBytesMax = 8 * 1024 * 1024

/** Where the server writes its log. */
function postmasterLogPath(home: string): string {
  return join(home, 'postgres.log')
}

/**
 * Starts the server and waits until it accepts connections.
 *
 * It gets a session of its own (`detached`): Ctrl-C goes to the terminal's whole foreground group, and we, not the
 * terminal, decide when the database stops.
 *
 * @throws EmbeddedPostgresError `start_failed` with the end of the server's log
 */
export async function startPostmaster(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  settings: Record<string, string>,
): Promise<Postmaster> {
  const deadline = performance.now() + leftoverLimitMs
  for (;;) {
    const attempt = await tryStart(clusterHome, binaries, settings)
    if (attempt.kind === 'started') return attempt.postmaster
    // Backends outlive a killed postmaster until they look up from their query; PostgreSQL waits for the last to go.
    const leftover = attempt.log.includes('pre-existing shared memory block')
    if (!leftover || performance.now() > deadline) throw startFailed(clusterHome, attempt)
    await pollUntil(async () => undefined, 200)
  }
}

/**
 * Stops a server that an earlier Holdfast left behind (killed with kill -9), and clears a `postmaster.pid` whose process
 * id now belongs to something else, which PostgreSQL would take for a running server. Called under the data directory's lock.
 *
 * @throws EmbeddedPostgresError `stop_failed`
 */
export async function stopLeftover(clusterHome: ClusterHome, log: (message: string) => void): Promise<void> {
  const { clusterDirectory } = clusterHome
  const state = await readPostmasterState(clusterDirectory)
  if (state.kind === 'live') await stopLive(clusterDirectory, state.file.pid, log)
  // Also a server's that was killed just now: until it is waited for, its process id is there, and nothing behind it.
  if ((await readPostmasterState(clusterDirectory)).kind === 'stranger') {
    // Safe: PostgreSQL also looks for other processes by the shared memory of this very directory.
    await rm(join(clusterDirectory, 'postmaster.pid'), { force: true })
  }
}

async function stopLive(clusterDirectory: string, pid: number, log: (message: string) => void): Promise<void> {
  log(`PostgreSQL (process ${pid}) was left running by a Holdfast that was killed: stopping it.`)
  const isGone = async () => ((await readPostmasterState(clusterDirectory)).kind === 'live' ? undefined : true)
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    signalProcess(pid, signal)
    if ((await pollUntil(isGone, stopLimitMs)) === true) return
  }
  throw stopFailed(pid)
}

type Attempt = { kind: 'started'; postmaster: Postmaster } | { kind: 'failed'; how: string; log: string }

async function tryStart(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  settings: Record<string, string>,
): Promise<Attempt> {
  const logPath = postmasterLogPath(clusterHome.home)
  await rotateLog(logPath)
  const logFile = await open(logPath, 'a', 0o600)
  const logStart = (await logFile.stat()).size
  const args = ['-D', clusterHome.clusterDirectory]
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const child = spawn(binaries.postgres, args, {
    cwd: '/',
    // Nothing of ours: PGDATA and its like would be obeyed, and secrets have no place in its environment.
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', logFile.fd, logFile.fd],
    detached: true,
    ...spawnIdentity(clusterHome.account),
  })
  const ended = endOf(child)
  await logFile.close()
  let endedHow: string | undefined
  void ended.then((how) => {
    endedHow = how
  })
  const outcome = await pollUntil(async () => {
    if (endedHow !== undefined) return 'ended'
    const file = await readPostmasterFile(clusterHome.clusterDirectory)
    return file !== undefined && file.pid === child.pid && file.ready ? 'ready' : undefined
  }, startLimitMs)
  const { pid } = child
  if (outcome === 'ready' && pid !== undefined) {
    return { kind: 'started', postmaster: { pid, ended, stop: (mode) => stopPostmaster(pid, ended, mode) } }
  }
  if (outcome === undefined && pid !== undefined) await stopPostmaster(pid, ended, 'fast')
  const log = (await readFile(logPath)).subarray(logStart).toString('utf8')
  return { kind: 'failed', how: endedHow ?? `not ready after ${startLimitMs / 1000} s`, log }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}

async function stopPostmaster(pid: number, ended: Promise<string>, mode: 'fast' | 'smart'): Promise<void> {
  const steps = [
    ...(mode === 'smart' ? ([{ signal: 'SIGTERM', limitMs: smartLimitMs }] as const) : []),
    { signal: 'SIGINT', limitMs: stopLimitMs },
    // Immediate: what was committed is recovered by the next start.
    { signal: 'SIGQUIT', limitMs: stopLimitMs },
  ] as const
  for (const { signal, limitMs } of steps) {
    signalProcess(pid, signal)
    if (await endedWithin(ended, limitMs)) return
  }
  throw stopFailed(pid)
}

async function endedWithin(ended: Promise<string>, limitMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), limitMs)
  void ended.then(() => resolve(true))
  const result = await promise
  clearTimeout(timer)
  return result
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** Keeps one older log. The server writes only errors, so the file grows by little while it runs. */
async function rotateLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size > logBytesMax) await rename(path, `${path}.old`)
}

function startFailed(clusterHome: ClusterHome, attempt: { how: string; log: string }): EmbeddedPostgresError {
  const tail = attempt.log.trim().split('\n').slice(-8).join('\n')
  return new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL didn't start (${attempt.how}). The end of ${postmasterLogPath(clusterHome.home)}:\n${tail}`,
  )
}

function stopFailed(pid: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'stop_failed',
    `PostgreSQL (process ${pid}) doesn't stop. End it by hand, then start again: what was committed is kept.`,
  )
}
