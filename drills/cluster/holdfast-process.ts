import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compileCacheEnvironment, until } from '@holdfast/testkit'
import { lastLines, type PlainProcess, plainProcess } from './plain-process.ts'

/** The command-line program of a checkout. */
export const programOf = (checkout: string): string => join(checkout, 'packages/cli/src/main.ts')

/** That of this one. */
export const ownProgram = programOf(join(import.meta.dirname, '../..'))
const startMsMax = 300_000

/** `holdfast start` or `holdfast worker`, as a process that ends when its parent does. */
export function holdfast(
  name: string,
  command: 'start' | 'worker',
  directory: string,
  env: Record<string, string>,
  program = ownProgram,
): PlainProcess {
  return plainProcess({
    name,
    command: process.execPath,
    args: [program, command],
    log: join(directory, `${name}.log`),
    env: { NODE_COMPILE_CACHE: compileCacheEnvironment().NODE_COMPILE_CACHE, ...env },
  })
}

/** Waits until a server can serve requests. @throws Error with its last lines if it ends, or takes too long */
export async function untilReady(server: PlainProcess, url: string): Promise<void> {
  await until(
    async () => {
      if (server.hasEnded()) throw new Error(`It has ended: ${await lastLines(server)}`)
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => null)
      return response?.ok === true
    },
    () => lastLines(server),
    startMsMax,
  )
}

/** `holdfast setup-database`, as a superuser. @returns DATABASE_URL */
export async function setUpDatabase(superuserUrl: string, directory: string): Promise<string> {
  const args = ['setup-database', '--as', superuserUrl, '--json']
  const { stdout } = await runHoldfast(args, {}, directory)
  return (JSON.parse(stdout) as { databaseUrl: string }).databaseUrl
}

/** Runs a command until it ends. @throws Error with what it has written, if it fails or is killed */
export function runHoldfast(args: readonly string[], env: Record<string, string>, directory = '/') {
  const all = { PATH: process.env.PATH, ...compileCacheEnvironment(), ...env }
  return promisify(execFile)(process.execPath, [ownProgram, ...args], { env: all, cwd: directory })
}
