import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import { errorCode } from '../error-code.ts'
import type { ClusterHome } from './cluster-home.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { pollUntil } from './poll-until.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { readPostmasterFile, readPostmasterState } from './postmaster-file.ts'
import { spawnIdentity } from './unprivileged-account.ts'

/** A server process that this process started. */
export type Postmaster = {
  pid: number
  /** Resolves when the process ends, with the reason: `SIGKILL`, `exit code 1` … */
  ended: Promise<string>
  /**
   * `fast` terminates all sessions; `smart` first gives them 10 s to end. Waits until the process has ended.
   * @throws EmbeddedPostgresError `stop_failed`
   */
  stop(mode: 'fast' | 'smart'): Promise<void>
}

/** Crash recovery replays up to max_wal_size (1 GB), which takes minutes on a slow disk. */
const startLimitMs = 600_000
const stopLimitMs = 60_000
const smartLimitMs = 10_000
const leftoverLimitMs = 30_000
const leftoverRetryMs = 200
const logBytesMax = 8 * 1024 * 1024

function postmasterLogPath(home: string): string {
  return join(home, 'postgres.log')
}

/**
 * Starts the server and waits until it accepts connections.
 *
 * It runs in a separate session (`detached`), because Ctrl-C signals the terminal's whole foreground process group, and
 * the database must stop only after the server has.
 *
 * @throws EmbeddedPostgresError `start_failed` with the end of the server's log
 */
export async function startPostmaster(
  clusterHome: ClusterHome,
  binaries: PostgresBinaries,
  settings: Record<string, string>,
  bounds: { limitMs: number; signal?: AbortSignal } = { limitMs: startLimitMs },
): Promise<Postmaster> {
  const deadline = performance.now() + leftoverLimitMs
  for (;;) {
    const attempt = await tryStart(clusterHome, binaries, settings, bounds)
    if (attempt.kind === 'started') return attempt.postmaster
    // Backends of a killed postmaster run until their query ends, and PostgreSQL does not start before that.
    const leftover = attempt.log.includes('pre-existing shared memory block')
    if (!leftover || performance.now() > deadline) throw startFailed(clusterHome, attempt)
    await delay(leftoverRetryMs)
  }
}

/**
 * Stops a server that an earlier Holdfast left running (killed with kill -9), and removes a `postmaster.pid` whose
 * process id now belongs to another program, which PostgreSQL would take for a running server. Call it with the data
 * directory locked.
 *
 * @throws EmbeddedPostgresError `stop_failed`
 */
export async function stopLeftover(clusterHome: ClusterHome, log: (message: string) => void): Promise<void> {
  const { clusterDirectory } = clusterHome
  const state = await readPostmasterState(clusterDirectory)
  if (state.kind === 'live') await stopLive(clusterDirectory, state.file.pid, log)
  // This is also the state of a server that was just killed and is still a zombie process.
  if ((await readPostmasterState(clusterDirectory)).kind === 'reused') {
    // Safe: PostgreSQL also checks for other processes by the shared memory of this directory.
    await rm(join(clusterDirectory, 'postmaster.pid'), { force: true })
  }
}

async function stopLive(clusterDirectory: string, pid: number, log: (message: string) => void): Promise<void> {
  log(`PostgreSQL (process ${pid}) was left running by a Holdfast that was killed; stopping it.`)
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
  { limitMs, signal }: { limitMs: number; signal?: AbortSignal },
): Promise<Attempt> {
  const logPath = postmasterLogPath(clusterHome.home)
  await rotateLog(logPath)
  const logFile = await open(logPath, 'a', 0o600)
  const logStart = (await logFile.stat()).size
  const args = ['-D', clusterHome.clusterDirectory]
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const child = spawn(binaries.postgres, args, {
    cwd: '/',
    // Not our environment: the server would obey PGDATA and similar variables, and must not see our secrets.
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
    if (signal?.aborted) return 'aborted'
    const file = await readPostmasterFile(clusterHome.clusterDirectory)
    return file !== undefined && file.pid === child.pid && file.ready ? 'ready' : undefined
  }, limitMs)
  const { pid } = child
  if (outcome === 'ready' && pid !== undefined) {
    return { kind: 'started', postmaster: { pid, ended, stop: (mode) => stopPostmaster(pid, ended, mode) } }
  }
  if (outcome !== 'ended' && pid !== undefined) await stopPostmaster(pid, ended, 'fast')
  signal?.throwIfAborted()
  const log = (await readFile(logPath)).subarray(logStart).toString('utf8')
  return { kind: 'failed', how: endedHow ?? `not ready after ${limitMs / 1000} s`, log }
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
    // Immediate shutdown: the next start recovers everything that was committed.
    { signal: 'SIGQUIT', limitMs: stopLimitMs },
  ] as const
  for (const { signal, limitMs } of steps) {
    signalProcess(pid, signal)
    if ((await pTimeout(ended, { milliseconds: limitMs, message: false })) !== undefined) return
  }
  throw stopFailed(pid)
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** Keeps one older log file. The server logs errors only, so rotating at the start is enough. */
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
    `PostgreSQL didn't start (${attempt.how}). Last lines of ${postmasterLogPath(clusterHome.home)}:\n${tail}`,
  )
}

function stopFailed(pid: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'stop_failed',
    `PostgreSQL (process ${pid}) doesn't stop. End it manually, then start again: committed data is safe.`,
  )
}
