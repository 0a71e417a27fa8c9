import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { chooseBackup, readCatalogue } from '@holdfast/adapters/backup'
import type { ObjectStore } from '@holdfast/adapters/object-store'
import { readRelease } from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import type { Config } from '../config/config.ts'
import type { Logger } from '../observe/logger.ts'
import { backupKeys } from './backup-keys.ts'
import { restoreBackup, verifyRestored } from './restore-and-verify.ts'

/** The result of a restore test, which is stored with the backups. */
export type RestoreTest = {
  backup: string
  startedAt: string
  seconds: number
  bookings: number
  /** null: it was restored, and `verify` found nothing. */
  failure: string | null
}

export type RestoreTestDeps = {
  store: ObjectStore
  config: Config
  signal: AbortSignal
  log: Logger
  /** Records how the tests ended, for the metrics. `succeededAt` null: none did. */
  record?: (result: { succeededAt: Date | null; isFailing: boolean }) => Promise<void>
}

const folder = 'restore-tests/'
const lookMs = 3_600_000
/** Until there was a first test: a new installation has no backup yet. */
const lookFirstMs = 60_000
const dayMs = 86_400_000
const monthMs = 30 * dayMs
const storedMax = 24

/**
 * If HOLDFAST_RESTORE_TEST_IN is set, tests the newest backup once a month, and daily after a failure. At each look, it
 * records how the last tests ended, by whichever process.
 *
 * @param firstMs how often it looks until there was a first test
 */
export async function runRestoreTests(deps: RestoreTestDeps, firstMs = lookFirstMs): Promise<void> {
  const { config, signal, log, store } = deps
  if (config.restoreTestDirectory === null) return
  while (!signal.aborted) {
    const isFirst = await testAndRecord(deps).catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error, place: store.name }, 'restore test: could not run')
      return false
    })
    await delay(isFirst ? firstMs : lookMs, undefined, { signal }).catch(() => undefined)
  }
}

/** @returns whether there was no test yet */
async function testAndRecord(deps: RestoreTestDeps): Promise<boolean> {
  try {
    await testIfDue(deps)
  } catch (error) {
    await recordTests(deps)
    throw error
  }
  return (await recordTests(deps)) === 'none'
}

/** Exported for tests. @returns whether there was a test yet */
export async function recordTests({ store, record }: RestoreTestDeps): Promise<'none' | 'some'> {
  const tests = await listRestoreTests(store)
  const last = tests.at(-1)
  if (last === undefined) return 'none'
  const success = tests.findLast(({ failure }) => failure === null)
  const succeededAt = success === undefined ? null : new Date(success.startedAt)
  await record?.({ succeededAt, isFailing: last.failure !== null })
  return 'some'
}

/** @returns null: it is not due yet, or there is no backup */
export async function testIfDue(deps: RestoreTestDeps, now = new Date()): Promise<RestoreTest | null> {
  const { store, config, log } = deps
  const directory = config.restoreTestDirectory
  const last = (await listRestoreTests(store)).at(-1)
  if (directory === null || (last !== undefined && now.getTime() < dueAgainMs(last))) return null
  const catalogue = await readCatalogue(store)
  if (catalogue.backups.length === 0 && catalogue.unusable.length === 0) return null
  const test = await testNewest(deps, catalogue, join(directory, 'holdfast-restore-test'), now)
  await store.put(`${folder}${now.toISOString()}.json`, Buffer.from(`${JSON.stringify(test)}\n`))
  const keys = (await store.list(folder)).map(({ key }) => key)
  await store.remove(keys.slice(0, Math.max(0, keys.length - storedMax)))
  if (test.failure === null) log.info({ restoreTest: test }, 'restore test: the newest backup can be restored')
  else log.error({ restoreTest: test }, 'restore test: the newest backup can not be restored')
  return test
}

/** The next test is due sooner after a failure: the reason may have been a copy that was not complete yet. */
function dueAgainMs({ startedAt, failure }: RestoreTest): number {
  return new Date(startedAt).getTime() + (failure === null ? monthMs : dayMs)
}

async function testNewest(
  { store, config, signal }: RestoreTestDeps,
  catalogue: Awaited<ReturnType<typeof readCatalogue>>,
  dataDirectory: string,
  now: Date,
): Promise<RestoreTest> {
  const beganAt = performance.now()
  const test = { backup: '', startedAt: now.toISOString(), seconds: 0, bookings: 0, failure: null as string | null }
  await rm(dataDirectory, { recursive: true, force: true })
  await mkdir(dataDirectory, { recursive: true, mode: 0o711 })
  try {
    const backup = chooseBackup(store.name, catalogue, { to: null, id: null, release: await readRelease() })
    test.backup = backup.id
    const { bookings, overbooked, mismatches } = await restoreBackup({
      store,
      keys: backupKeys(config),
      backup,
      to: null,
      dataDirectory,
      complete: ({ ownerUrl }) => verifyRestored(ownerUrl),
      signal,
    })
    test.bookings = bookings
    if (overbooked + mismatches > 0) test.failure = `verify found ${overbooked + mismatches} mismatches`
  } catch (error) {
    signal.throwIfAborted()
    test.failure = messageOf(error)
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
  test.seconds = Math.round((performance.now() - beganAt) / 100) / 10
  return test
}

/** Oldest first. */
export async function listRestoreTests(store: ObjectStore): Promise<RestoreTest[]> {
  const tests: RestoreTest[] = []
  for (const { key } of await store.list(folder)) {
    const text = await store.get(key)
    if (text !== null) tests.push(JSON.parse(text.toString()) as RestoreTest)
  }
  return tests
}
