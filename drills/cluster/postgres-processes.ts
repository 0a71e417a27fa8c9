import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The postmaster of a data directory and its children, if it runs. */
export async function postgresProcesses(dataDirectory: string): Promise<number[]> {
  const file = join(dataDirectory, 'postmaster.pid')
  const postmaster = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0])
  if (!(postmaster > 0) || !(await isProcessIn(postmaster, dataDirectory))) return []
  const tasks = await readdir(`/proc/${postmaster}/task`).catch(() => [])
  const children = await Promise.all(
    tasks.map((task) => readFile(`/proc/${postmaster}/task/${task}/children`, 'utf8').catch(() => '')),
  )
  // The postmaster first: it starts no others then.
  return [postmaster, ...children.join(' ').split(' ').filter(Boolean).map(Number)]
}

/** A file of a server that was killed may name a process that has the same number by now. */
async function isProcessIn(pid: number, dataDirectory: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes(dataDirectory)
}

/** Processes that have ended meanwhile are left out. */
export function sendSignal(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      // It has ended meanwhile.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
}
