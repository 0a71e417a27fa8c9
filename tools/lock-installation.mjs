import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const waitLimitMs = 15 * 60_000

/**
 * Acquires the lock for changing what this checkout runs on, waiting for another process that has it. The lock of a
 * process that no longer exists is taken over.
 *
 * @param {string} path the file of the lock, in the checkout
 * @param {string} why what this process has to do, such as `packages have to be installed`
 * @param {(message: string) => void} say
 * @returns {Promise<{ kind: 'locked', release: () => void } | { kind: 'failed', message: string }>}
 */
export async function lockInstallation(path, why, say) {
  const draft = `${path}.${process.pid}`
  const self = { pid: process.pid, startTime: startTimeOf(process.pid) }
  try {
    writeFileSync(draft, JSON.stringify(self))
  } catch (error) {
    return { kind: 'failed', message: `${why}, and ${dirname(path)} can't be written: ${error.message}` }
  }
  const deadline = Date.now() + waitLimitMs
  let reported = false
  try {
    for (;;) {
      if (tryLink(draft, path)) return { kind: 'locked', release: () => rmSync(path, { force: true }) }
      const holder = readHolder(path)
      if (holder === undefined) continue
      if (holder === null || !isAlive(holder)) takeAway(path, `${draft}.stale`)
      else if (Date.now() > deadline) {
        const since = `has been installing or building for ${waitLimitMs / 60_000} minutes`
        const message = `${why}, and process ${holder.pid} ${since}. End it, or remove ${path}.`
        return { kind: 'failed', message }
      } else {
        if (!reported) say(`${why}: waiting for process ${holder.pid}, which is installing or building.`)
        reported = true
        await wait(200)
      }
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Creating a link is atomic, with its content, and fails if there is one. */
function tryLink(draft, path) {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/** Renames before it removes: if another process has taken over in between, its lock is put back. */
function takeAway(path, stale) {
  try {
    renameSync(path, stale)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  const holder = readHolder(stale)
  if (holder && isAlive(holder)) tryLink(stale, path)
  rmSync(stale, { force: true })
}

/**
 * undefined: there is no lock; null: its file is damaged, for example empty after a power cut. It is never half
 * written, because it is a link to a file that was written before.
 */
function readHolder(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    return error.code === 'ENOENT' ? undefined : null
  }
}

function isAlive(holder) {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (error.code === 'ESRCH') return false
  }
  // A process id may have been reused; the start time of the process distinguishes the two.
  return startTimeOf(holder.pid) === holder.startTime
}

/**
 * In the kernel's ticks (field 22 of stat, counted after the name, which may hold spaces); null where there is no
 * /proc.
 */
function startTimeOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
