import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Target } from '../load/load-job.ts'

/** A server process that is listening. */
export type ServerProcess = { child: ChildProcess; pid: number; target: Target; stop(): Promise<void> }

const startSecondsMax = 60
const stopSecondsMax = 20

/**
 * Starts a server and waits until it prints its address.
 *
 * @param portIn finds the port in a line of its stdout
 * @throws Error with its output, when it ends or is not ready within a minute
 */
export async function startServerProcess(
  program: string,
  args: string[],
  env: Record<string, string | undefined>,
  portIn: RegExp,
): Promise<ServerProcess> {
  // The channel ends the server when this process ends, even if it is killed.
  const child = fork(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const said: string[] = []
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (why: string) =>
      reject(new Error(`${program} ${args.join(' ')} ${why}:\n${said.slice(-20).join('\n')}`))
    const timer = setTimeout(() => fail(`was not ready after ${startSecondsMax} s`), startSecondsMax * 1000)
    child.once('exit', () => {
      clearTimeout(timer)
      fail('ended')
    })
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (line) => {
        said.push(line)
        const found = portIn.exec(line)?.[1]
        if (found === undefined) return
        clearTimeout(timer)
        resolve(Number(found))
      })
    }
  })
  return {
    child,
    pid: child.pid ?? 0,
    target: { host: '127.0.0.1', port },
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopSecondsMax * 1000)
      await ended
      clearTimeout(timer)
    },
  }
}
