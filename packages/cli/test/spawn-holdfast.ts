import { type ChildProcess, spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { compileCacheEnvironment } from '@holdfast/testkit'

export type RunningHoldfast = {
  child: ChildProcess
  /** What it has written so far. */
  stdout(): string
  stderr(): string
  /** Resolves when it has ended; a signal's name instead of a code when that ended it. */
  ended: Promise<{ code: number | string; stdout: string; stderr: string }>
}

/** The program of the command line. */
export const mainPath = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_V8_COVERAGE']

function fromThisProcess(): Record<string, string | undefined> {
  return Object.fromEntries(inherited.map((name) => [name, process.env[name]]))
}

/** Starts the real command line with these settings and no others. `input`: what is piped into it. */
export function spawnHoldfast(
  args: string[],
  settings: Record<string, string> = {},
  input: Iterable<string | Buffer> = [],
): RunningHoldfast {
  const env = { ...fromThisProcess(), ...compileCacheEnvironment(), ...settings }
  const child = spawn(process.execPath, [mainPath, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // It may end before it has read all.
  pipeline(Readable.from(input, { objectMode: false }), child.stdin).catch(() => undefined)
  const ended = new Promise<{ code: number | string; stdout: string; stderr: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 'unknown', stdout, stderr }))
  })
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

/** Starts a server, and returns its address once it is ready. */
export async function spawnServer(settings: Record<string, string>): Promise<RunningHoldfast & { url: string }> {
  const server = spawnHoldfast(['start'], { PORT: '0', HOLDFAST_LOG_LEVEL: 'warn', HOLDFAST_DEMO: 'off', ...settings })
  const url = await untilFound(server, () => /^Holdfast is ready at (\S+)$/m.exec(server.stdout())?.[1])
  return { ...server, url }
}

/**
 * Calls `find` whenever the process has written something, until it finds a text; rejects if the process ends before.
 */
export function untilFound(running: RunningHoldfast, find: () => string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = find()
      if (found !== undefined) resolve(found)
    }
    running.child.stdout?.on('data', look)
    running.child.stderr?.on('data', look)
    running.ended.then(({ code, stdout, stderr }) => {
      reject(new Error(`ended with ${code} before it was found: ${stdout} ${stderr}`))
    }, reject)
    look()
  })
}
