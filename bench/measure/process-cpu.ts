import { readdirSync, readFileSync } from 'node:fs'

// USER_HZ, in which Linux counts CPU time for user space: 100 on every platform that Node runs on.
const ticksPerSecond = 100

/** The CPU seconds that a process has used so far, optionally with its children. Needs Linux's /proc. */
export function cpuSecondsOf({ pid, withChildren }: { pid: number; withChildren: boolean }): number {
  const parent = readStat(String(pid))
  if (parent === null)
    throw new Error(`/proc/${pid}/stat cannot be read: has the process ended? CPU is measured on Linux.`)
  let ticks = parent.ticks
  if (withChildren) {
    ticks += parent.endedChildrenTicks
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const stat = readStat(name)
      if (stat?.parentPid === pid) ticks += stat.ticks
    }
  }
  return ticks / ticksPerSecond
}

/** null: the process does not exist, or has just ended. */
export function parentPidOf(pid: number): number | null {
  return readStat(String(pid))?.parentPid ?? null
}

type Stat = { parentPid: number; ticks: number; endedChildrenTicks: number }

/** See proc_pid_stat(5). The command in brackets may contain anything, so the fields are counted from its end. */
function readStat(pid: string): Stat | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (number: number) => Number(fields[number - 3])
  return { parentPid: field(4), ticks: field(14) + field(15), endedChildrenTicks: field(16) + field(17) }
}
