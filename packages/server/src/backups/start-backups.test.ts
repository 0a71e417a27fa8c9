// Drill: backups while a server runs
import { execFileSync } from 'node:child_process'
import { constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCatalogue } from '@holdfast/adapters/backup'
import type { ObjectStore } from '@holdfast/adapters/object-store'
import { readUpkeepResults, recordUpkeep } from '@holdfast/engine'
import { createTestCluster, type TestCluster, until } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Config, readConfig } from '../config/config.ts'
import { createLogger } from '../observe/logger.ts'
import { openBackups } from './open-backups.ts'
import { listRestoreTests, recordTests, runRestoreTests, testIfDue } from './restore-tests.ts'
import { requireBackupKey, startBackups } from './start-backups.ts'

// One installation: each test continues where the one before it ended.
let cluster: TestCluster
let directory: string
let env: Record<string, string>
let store: ObjectStore
const log = createLogger('silent')
const { signal } = new AbortController()

beforeAll(async () => {
  cluster = await createTestCluster()
  directory = await mkdtemp(join(tmpdir(), 'hf-backups-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  const [place, passphrase] = [join(directory, 'backups'), 'correct horse battery staple']
  await prepareBackupKey(place, passphrase)
  env = {
    HOLDFAST_BACKUP_TO: place,
    HOLDFAST_BACKUP_PASSPHRASE: passphrase,
    HOLDFAST_RESTORE_TEST_IN: join(directory, 'scratch'),
    // Longer than the test: the last moments are archived by the stop.
    HOLDFAST_BACKUP_SECONDS: '3600',
    HOLDFAST_BACKUP_MB_PER_SECOND: '1024',
    HOLDFAST_LOG_LEVEL: 'silent',
  }
  store = openBackups(env.HOLDFAST_BACKUP_TO ?? '', configOf(env))
})

afterAll(async () => {
  await cluster.end()
  await rm(directory, { recursive: true, force: true })
})

function configOf(settings: Record<string, string>): Config {
  const result = readConfig(settings)
  if (result.kind === 'invalid') throw new Error('The settings of the test are invalid.')
  return result.config
}

/** The newest moment that can be restored, as all processes show it. */
async function restorable(): Promise<Date | null> {
  return (await readUpkeepResults(cluster.ownerPool)).backup.succeededAt
}

function start(settings: Record<string, string>, logger = log) {
  const database = { ownerUrl: cluster.ownerUrl, embedded: true }
  return startBackups({ config: configOf(settings), env: settings, database, log: logger })
}

async function slots(): Promise<number> {
  const { rows } = await cluster.ownerPool.query(`select count(*)::int as count from pg_replication_slots
      where slot_name like 'holdfast_backup_%'`)
  return rows[0].count
}

/** The priority of the process of backups, and that of its session, by which the scheduler may group processes. */
function prioritiesOfProcess(): number[] {
  const tasks = readdirSync('/proc/self/task').map((task) => `/proc/self/task/${task}/children`)
  const children = tasks.flatMap((path) => readFileSync(path, 'utf8').trim().split(' ')).filter((pid) => pid !== '')
  const pid = children.find((one) => readFileSync(`/proc/${one}/cmdline`, 'utf8').includes('backup-process'))
  const [, ofSession] = / nice (-?\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, 'utf8')) ?? []
  return [getPriority(Number(pid)), Number(ofSession)]
}

test('without a key, the start is refused with the settings that are missing', () => {
  const { HOLDFAST_BACKUP_TO = '', ...keys } = env
  expect(() => requireBackupKey(configOf({ HOLDFAST_BACKUP_TO }))).toThrow(
    /set HOLDFAST_BACKUP_PASSPHRASE or HOLDFAST_BACKUP_RECIPIENT/,
  )
  expect(() => requireBackupKey(configOf(env))).not.toThrow()
  expect(() => requireBackupKey(configOf(keys))).not.toThrow()
})

test('a process copies the database, and archives the last moments when it is stopped', async () => {
  const backups = await start(env)
  await until(async () => (await readCatalogue(store)).backups.length > 0, 'the first backup')
  const { rows } = await cluster.ownerPool.query('select clock_timestamp() as at')
  if (existsSync('/proc/self/autogroup')) expect(prioritiesOfProcess()).toEqual([10, 10])
  await backups.stop()
  const [backup] = (await readCatalogue(store)).backups
  expect(backup?.until.getTime()).toBeGreaterThanOrEqual(rows[0].at.getTime())
  expect((await restorable())?.getTime()).toBeGreaterThanOrEqual(rows[0].at.getTime())
  expect((await restorable())?.getTime()).toBeLessThanOrEqual(backup?.until.getTime() ?? 0)
  expect(await slots()).toBe(1)
})

test('a stop does not wait for a process that still reads its key', async () => {
  const place = join(directory, 'unread')
  await mkdir(place)
  const key = join(place, 'key.age')
  execFileSync('mkfifo', [key])
  const lines: string[] = []
  const logger = createLogger('warn', { write: (line) => void lines.push(line) })
  const { HOLDFAST_RESTORE_TEST_IN: _, ...untested } = env
  const backups = await start({ ...untested, HOLDFAST_BACKUP_TO: place }, logger)
  // It can be opened once the process reads it, which then waits for what is written.
  const opened = async () => open(key, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined)
  const writing = await until(opened, 'a process that reads its key')
  await backups.stop()
  expect(lines).toEqual([])
  await writing.close()
})

test('the process tests the newest backup once a month, and stores the result', async () => {
  const backups = await start(env)
  const [first] = await until(
    async () => ((tests) => (tests.length > 0 ? tests : undefined))(await listRestoreTests(store)),
    'the first restore test',
  )
  const recorded = async () => (await readUpkeepResults(cluster.ownerPool)).restore_test
  await until(
    async () => ((await recorded()).succeededAt === null ? undefined : true),
    'the restore test in the metrics',
  )
  expect(await recorded()).toMatchObject({ succeededAt: new Date(first?.startedAt ?? ''), failingSeconds: 0 })
  await backups.stop()
  expect(first).toMatchObject({ backup: (await readCatalogue(store)).backups[0]?.id, failure: null, bookings: 0 })
  expect(await readdir(join(directory, 'scratch'))).toEqual([])
  const deps = { store, config: configOf(env), signal, log }
  const daysLater = (days: number) => new Date(new Date(first?.startedAt ?? '').getTime() + days * 86_400_000)
  expect(await testIfDue(deps, daysLater(29))).toBeNull()
  expect(await listRestoreTests(store)).toEqual([first])
  const second = await testIfDue(deps, daysLater(31))
  expect(second).toMatchObject({ failure: null, bookings: 0 })
  expect(await listRestoreTests(store)).toEqual([first, second])
})

test('a restore test of a backup that is damaged fails with the reason, and is repeated after a day', async () => {
  const part = (await store.list('base/')).find(({ key }) => key.includes('part-'))
  await writeFile(join(directory, 'backups', part?.key ?? ''), Buffer.alloc(part?.bytes ?? 0))
  const deps = { store, config: configOf(env), signal, log }
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
  const result = await testIfDue(deps, inDays(62))
  expect(result?.failure).toMatch(/The backup is damaged: base\/.* does not have its checksum/)
  expect(await testIfDue(deps, inDays(62.9))).toBeNull()
  const results: object[] = []
  await recordTests({ ...deps, record: async (one) => void results.push(one) })
  expect(results).toEqual([{ succeededAt: expect.any(Date), isFailing: true }])
  expect(await testIfDue(deps, inDays(63.1))).toMatchObject({ failure: result?.failure })
})

test('where restores are not tested any more, no failed test stays in the record', async () => {
  await recordUpkeep(cluster.ownerPool, 'restore_test', { succeededAt: null, isFailing: true })
  const { HOLDFAST_RESTORE_TEST_IN: _, ...untested } = env
  const backups = await start(untested)
  await backups.stop()
  const { restore_test: tests } = await readUpkeepResults(cluster.ownerPool)
  expect(tests).toEqual({ succeededAt: null, failingSeconds: 0, intervalSeconds: null, faults: null })
})

test('a new installation is looked at again soon, until its first backup is tested', async () => {
  const place = join(directory, 'new')
  const config = configOf({ ...env, HOLDFAST_BACKUP_TO: place })
  const empty = openBackups(place, config)
  let looks = 0
  const counting: ObjectStore = {
    ...empty,
    list(prefix) {
      if (prefix === 'restore-tests/') looks += 1
      return empty.list(prefix)
    },
  }
  const stopping = new AbortController()
  const running = runRestoreTests({ store: counting, config, signal: stopping.signal, log }, 5)
  await until(async () => looks > 6, 'several looks')
  stopping.abort()
  await running
})

test('without a place any more, the slot that would retain WAL for it is removed, and so is the record', async () => {
  expect(await slots()).toBe(1)
  expect((await readUpkeepResults(cluster.ownerPool)).backup).toMatchObject({ intervalSeconds: 3600 })
  const backups = await start({})
  expect(await slots()).toBe(0)
  const none = { succeededAt: null, failingSeconds: 0, intervalSeconds: null }
  expect(await readUpkeepResults(cluster.ownerPool)).toMatchObject({ backup: none, restore_test: none })
  await backups.stop()
})
