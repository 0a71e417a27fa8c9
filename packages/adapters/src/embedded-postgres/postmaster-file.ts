import { execFile } from 'node:child_process'
import { readFile, readlink } from 'node:fs/promises'
import { platform } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { errorCode } from '../error-code.ts'

/** What a running server writes about itself into `postmaster.pid`. */
export type PostmasterFile = { pid: number; socketDirectory: string; ready: boolean }

/** `dead`: there is no such process. `reused`: the process id now belongs to another program. */
export type PostmasterState =
  | { kind: 'none' }
  | { kind: 'dead'; file: PostmasterFile }
  | { kind: 'reused'; file: PostmasterFile }
  | { kind: 'live'; file: PostmasterFile }

const run = promisify(execFile)

/**
 * Reads the `postmaster.pid` of a cluster and checks whether that server is running. Format: PostgreSQL's `pidfile.h`
 * (line 1 process id, line 5 socket directory, line 8 status).
 */
export async function readPostmasterState(clusterDirectory: string): Promise<PostmasterState> {
  const file = await readPostmasterFile(clusterDirectory)
  if (file === undefined) return { kind: 'none' }
  if (!isAlive(file.pid)) return { kind: 'dead', file }
  return { kind: (await isPostmasterOf(file.pid, clusterDirectory)) ? 'live' : 'reused', file }
}

/** undefined when there is no file, or when it is just being written. */
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

/** Whether a process with this id exists, whichever user owns it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** A postmaster's working directory is its data directory. Checked with /proc on Linux, elsewhere by command line. */
async function isPostmasterOf(pid: number, clusterDirectory: string): Promise<boolean> {
  try {
    if (platform() === 'linux') return (await readlink(`/proc/${pid}/cwd`)) === clusterDirectory
    const { stdout } = await run('ps', ['-p', String(pid), '-o', 'command='])
    return stdout.includes('postgres') && stdout.includes(clusterDirectory)
  } catch {
    return false
  }
}
