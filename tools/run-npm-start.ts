import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A started `npm start`, as a terminal would run it. */
export type NpmStart = {
  child: ChildProcess
  /** What it said on stdout and stderr so far, in order of arrival. */
  output(): string
  /** `http://HOST:PORT`, once it is ready. Rejects with what it said if it ends before that. */
  ready: Promise<string>
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>
  /** Sends a signal to the whole foreground group, as Ctrl-C does. */
  signalGroup(signal: NodeJS.Signals): void
}

const readyLine = /^Holdfast is ready at (http:\/\/\S+)$/

/**
 * Runs `npm start` in a checkout, in a process group of its own.
 *
 * @param env added to this process's environment; undefined takes a variable away
 */
export function runNpmStart(checkout: string, env: Record<string, string | undefined>): NpmStart {
  const child = spawn('npm', ['start'], {
    cwd: checkout,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const lines: string[] = []
  const ready = Promise.withResolvers<string>()
  // A caller that only wants to know how it ends need not wait for it to be ready.
  ready.promise.catch(() => undefined)
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line)
      const url = readyLine.exec(line)?.[1]
      if (url !== undefined) ready.resolve(url)
    })
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const how = code ?? signal ?? 0
      ready.reject(new Error(`npm start ended (${how}) before it was ready:\n${lines.join('\n')}`))
      resolve(how)
    })
  })
  return {
    child,
    output: () => lines.join('\n'),
    ready: ready.promise,
    ended,
    signalGroup(signal) {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    },
  }
}
