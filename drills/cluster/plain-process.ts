import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import pTimeout from 'p-timeout'
import { isRoot } from './programs.ts'

/** A process that writes into its own log file, and ends when this one does, however that ends. */
export type PlainProcess = {
  name: string
  pid: number
  log: string
  hasEnded(): boolean
  /** null: it is running, or was killed. */
  exitCode(): number | null
  signal(signal: NodeJS.Signals): void
  /** The same with the processes that it has started. */
  signalGroup(signal: NodeJS.Signals): void
  /** Ends it, by SIGKILL if it has not ended in time. */
  end(signal?: NodeJS.Signals): Promise<void>
}

export type ProcessOptions = {
  name: string
  command: string
  args: readonly string[]
  log: string
  env?: Record<string, string>
  /** The user as whom it runs if this process is root's. */
  user?: string
}

const endMsMax = 60_000

/** Starts a process. It leads its own group, so that Ctrl-C reaches only this one, which ends the others in order. */
export function plainProcess({ name, command, args, log, env = {}, user }: ProcessOptions): PlainProcess {
  const account = user !== undefined && isRoot() ? [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : []
  const output = openSync(log, 'a')
  const child = spawn('setpriv', [...account, '--pdeathsig', 'TERM', '--', command, ...args], {
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', output, output],
    detached: true,
  })
  closeSync(output)
  const ended = once(child, 'exit')
  return {
    name,
    pid: child.pid ?? 0,
    log,
    hasEnded: () => hasEnded(child),
    exitCode: () => child.exitCode,
    signal: (signal) => void child.kill(signal),
    signalGroup: (signal) => void process.kill(-(child.pid ?? 0), signal),
    async end(signal = 'SIGTERM') {
      if (hasEnded(child)) return
      child.kill(signal)
      // What is paused gets no other signal before this one.
      child.kill('SIGCONT')
      await pTimeout(ended, { milliseconds: endMsMax }).catch(() => child.kill('SIGKILL'))
      await ended
    },
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** The last lines that a process has written, for an error. */
export async function lastLines({ name, log }: PlainProcess): Promise<string> {
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n')
  return `${name} (${log}):\n${lines.slice(-12).join('\n')}`
}
