// Nightly: the level of the log in each kind of process
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillDataDirectory, until } from '@holdfast/testkit'
import { anotherDatabase } from '@holdfast/testkit/database-test'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { expect, onTestFinished, test } from 'vitest'
import { type RunningHoldfast, spawnHoldfast, spawnServer, untilFound } from './spawn-holdfast.ts'

const changedLine = '"msg":"log level changed"'

type Process = { pid: number; command: string }

/**
 * The processes that a process has started, and those that these have, as systemd finds them by their control group.
 */
function descendants(pid: number): Process[] {
  const tasks = ofRunning(() => readdirSync(`/proc/${pid}/task`)) ?? []
  const children = tasks.flatMap((task) => (read(`/proc/${pid}/task/${task}/children`) ?? '').split(' '))
  return children
    .filter(Boolean)
    .flatMap((child) => [
      { pid: Number(child), command: read(`/proc/${child}/cmdline`) ?? '' },
      ...descendants(Number(child)),
    ])
}

const read = (path: string) => ofRunning(() => readFileSync(path, 'utf8'))

/** undefined: the process has just ended. */
function ofRunning<Found>(find: () => Found): Found | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

/** Those of PostgreSQL's processes that run as long as it does. A worker of autovacuum, for example, comes and goes. */
function lastingPostgres(pid: number): number[] {
  const lasting = descendants(pid).filter(({ command }) => /checkpointer|background writer|walwriter/.test(command))
  return lasting.map((one) => one.pid)
}

/** The processes whose lines say that the level was changed to this one. */
function changedBy(running: RunningHoldfast, logLevel: string): Set<number> {
  const lines = running.stderr().split('\n')
  const changed = lines.filter((line) => line.includes(changedLine) && line.includes(`"logLevel":"${logLevel}"`))
  return new Set(changed.map((line) => JSON.parse(line).pid))
}

function untilChanged(running: RunningHoldfast, logLevel: string, pids: readonly number[]): Promise<true> {
  return until(
    async () => pids.every((pid) => changedBy(running, logLevel).has(pid)),
    () => `${pids} to log ${logLevel}: ${running.stderr()}`,
  )
}

test.each(['start', 'worker'])('SIGURG changes the level of %s to debug and back', async (command) => {
  const database = await anotherDatabase()
  const settings = { DATABASE_URL: database.ownerUrl, PORT: '0', HOLDFAST_DEMO: 'off', HOLDFAST_LOG_LEVEL: 'warn' }
  const running = spawnHoldfast([command], settings)
  await untilFound(running, () => /^Holdfast (is ready|runs its jobs)/m.exec(running.stdout())?.[0])
  const pids = [running.child.pid ?? 0]
  running.child.kill('SIGURG')
  await untilChanged(running, 'debug', pids)
  running.child.kill('SIGURG')
  await untilChanged(running, 'warn', pids)
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
  expect(running.stderr().split(changedLine)).toHaveLength(3)
})

function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

test('SIGURG to a whole service changes the level in all of its processes, and nothing in its database', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'hf-level-'))
  await chmod(directory, 0o711)
  const [place, passphrase] = [join(directory, 'backups'), 'correct horse battery staple']
  await fillDataDirectory(join(directory, 'data'))
  await prepareBackupKey(place, passphrase)
  const running = await spawnServer({
    HOLDFAST_DATA: join(directory, 'data'),
    HOLDFAST_SECRET_FILE: join(directory, 'secret'),
    HOLDFAST_PROCESSES: '2',
    HOLDFAST_BACKUP_TO: place,
    HOLDFAST_BACKUP_PASSPHRASE: passphrase,
  })
  onTestFinished(async () => {
    running.child.kill('SIGTERM')
    await running.ended
    await rm(directory, { recursive: true })
  })
  const pid = running.child.pid ?? 0
  const all = [{ pid, command: process.execPath }, ...descendants(pid)]
  // The first process, two servers, and the process of backups.
  const ofNode = all.filter(({ command }) => command.startsWith(process.execPath)).map((one) => one.pid)
  expect(ofNode, JSON.stringify(all)).toHaveLength(4)
  const before = lastingPostgres(pid)
  expect(before).toHaveLength(3)
  for (const one of all) process.kill(one.pid, 'SIGURG')
  await untilChanged(running, 'debug', ofNode)
  expect((await fetch(`${running.url}/livez`)).status).toBe(200)
  const served = /"requestId":"[^"]+","method":"GET","route":"\/livez","status":200/
  expect(await untilFound(running, () => served.exec(running.stderr())?.[0])).toContain('/livez')
  process.kill(pid, 'SIGURG')
  await untilChanged(running, 'warn', ofNode)
  expect(lastingPostgres(pid)).toEqual(before)
  // Negative control: SIGUSR2 ends the checkpointer, and PostgreSQL starts all of its processes again.
  // After the first of them, the others may have ended already.
  for (const one of before) killIfThere(one, 'SIGUSR2')
  await until(
    async () => lastingPostgres(pid).filter((one) => !before.includes(one)).length === 3,
    `other processes than ${before}`,
  )
})
