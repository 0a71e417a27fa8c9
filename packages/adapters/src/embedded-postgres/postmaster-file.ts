import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { platform } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { errorCode } from './error-code.ts'

/** What a running server writes about itself into `postmaster.pid`. */
export type PostmasterFile = { pid: number; socketDirectory: string; ready: boolean }

/** `dead`: no such process. `stranger`: the process id was given to something else. */
export type PostmasterState =
  | { kind: 'none' }
  | { kind: 'dead'; file: PostmasterFile }
  | { kind: 'stranger'; file: PostmasterFile }
  | { kind: 'live'; file: PostmasterFile }

const run = promisify(execFile)

/**
 * Reads the server's own file in a cluster and looks whether that server lives. Format: PostgreSQL's `pidfile.h`
 * (line 1 process id, line 5 socket directory, line 8 status).
 */
export async function readPostmasterState(clusterDirectory: string): Promise<PostmasterState> {
  const file = await readPostmasterFile(clusterDirectory)
  if (file === undefined) return { kind: 'none' }
  if (!isAlive(file.pid)) return { kind: 'dead', file }
  return { kind: (await isPostmasterOf(file.pid, clusterDirectory)) ? 'live' : 'stranger', file }
}

/** Undefined where there is no file, or one that is just being written. */
export async function readPostmasterFile(clusterDirectory: string): Promise<PostmasterFile | undefined> {
  let text: string
  try {
    text = await readFile(join(clusterDirectory, 'postmaster.pid'), 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  return { pid, socketDirectory: lines[4] ?? '', ready: lines[7] === 'ready' }
}

/** Whether a process with this id exists, whoever owns it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** A postmaster works in its data directory: told by the kernel on Linux, elsewhere by its command line. */
async function isPostmasterOf(pid: number, clusterDirectory: string): Promise<boolean> {
  try {
    if (platform() === 'linux') return (await readlink(`/proc/${pid}/cwd`)) === clusterDirectory
    const { stdout } = await run('ps', ['-p', String(pid), '-o', 'command='])
    return stdout.includes('postgres') && stdout.includes(clusterDirectory)
  } catch {
    return false
  }
}
