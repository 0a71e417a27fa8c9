import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { compileCacheEnvironment } from '@holdfast/testkit'

export type ServerProcess = {
  url: string
  child: ChildProcess
  stdout(): string
  stderr(): string
  /** Sends a signal and waits until the process has ended. @returns the exit code; null if it was killed */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

const script = fileURLToPath(new URL('run-server.ts', import.meta.url))
const readyPattern = /^Holdfast is ready at (http:\S+)$/m

/** Starts a server process and waits for its ready line. @throws Error with its output if it exits first */
export async function serverProcess(env: Record<string, string>): Promise<ServerProcess> {
  const started = startProcess(env)
  const ready = new Promise<string>((resolve) => {
    started.child.stdout?.on('data', () => {
      const url = readyPattern.exec(started.stdout())?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  const first = await Promise.race([ready, started.ended.then((code) => ({ code }))])
  if (typeof first === 'string')
    return { ...started, url: first, end: (signal = 'SIGTERM') => endProcess(started, signal) }
  throw new Error(`The server ended with ${first.code} before it was ready:\n${started.stdout()}\n${started.stderr()}`)
}

/** Starts a server that is expected to exit without a signal. */
export async function failingServer(
  env: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const started = startProcess(env)
  const code = await started.ended
  return { code, stdout: started.stdout(), stderr: started.stderr() }
}

type StartedProcess = { child: ChildProcess; stdout(): string; stderr(): string; ended: Promise<number | null> }

function startProcess(env: Record<string, string>): StartedProcess {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH, ...compileCacheEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null))
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

function endProcess(started: StartedProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (started.child.exitCode === null && started.child.signalCode === null) started.child.kill(signal)
  return started.ended
}
