import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { chooseBackup, readCatalogue } from '@holdfast/adapters/backup'
import { startEmbeddedPostgres, withEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { createEngine, createPool, migrate } from '@holdfast/engine'
import { fillDataDirectory } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import type pg from 'pg'
import { backupKeys, openBackups, releaseOf } from '../../src/backups/open-backups.ts'
import { restoreBackup, verifyRestored } from '../../src/backups/restore-and-verify.ts'
import { startBackups } from '../../src/backups/start-backups.ts'
import { type Config, readConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/observe/logger.ts'
import { BookingLoad, createRoom, type JournalEntry } from './booking-load.ts'

export type DrillOptions = {
  bookings: number
  /** An empty directory, in which the drill works. */
  directory: string
  /** HOLDFAST_BACKUP_SECONDS */
  backupSeconds: number
  say(line: string): void
  /** Negative control: restores so much earlier than it should. */
  earlierMs?: number
}

export type DrillResult = {
  acknowledged: number
  /** Claims that were not booked, by the kind of their outcome. */
  refused: Record<string, number>
  moment: string
  /** Acknowledged before the moment; of these, restored, and lost. */
  acknowledgedBefore: number
  restored: number
  lost: number
  /** Restored although they began after the moment. */
  unexpected: number
  mismatches: number
  /** How old the newest restorable moment was when the database was destroyed. */
  secondsAtRisk: number
  restoreSeconds: number
  storedMegabytes: number
  /** Without backups, while the database was copied for the first time, and afterwards. */
  bookingsPerSecond: { before: number; whileCopying: number; whileArchiving: number; ratio: number }
}

const passphrase = 'for the drill only'
const waitMsMax = 120_000

/**
 * Books, backs up, goes on booking, destroys the database, restores it as it was at a moment in between, and compares
 * every booking with the journal of those that were acknowledged.
 */
export async function runRestoreDrill(options: DrillOptions): Promise<DrillResult> {
  const { bookings, directory, say } = options
  const dataDirectory = join(directory, 'live')
  const { config, env } = settings(directory, options.backupSeconds)
  await prepareBackupKey(env.HOLDFAST_BACKUP_TO, passphrase)
  await fillDataDirectory(dataDirectory)
  const database = await startEmbeddedPostgres({ dataDirectory })
  const pool = createPool({ url: database.ownerUrl, max: 10, name: 'drill', onIdleError: () => undefined })
  await migrate({ ownerUrl: database.ownerUrl })
  const { clinic, slotIds } = await createRoom(pool, bookings * 2 + 10_000)
  const engine = createEngine({ batchPool: pool, generalPool: pool, ...engineBounds })
  const load = new BookingLoad(engine, clinic.no, slotIds)
  say(`booking ${bookings}, in turn without backups and with them`)
  await load.book(Math.ceil(bookings / 10))
  const start = () => {
    const { ownerUrl } = database
    return startBackups({ config, env, database: { ownerUrl, embedded: true }, log: createLogger('silent') })
  }
  // A copy begins with a checkpoint, after which each page is written to the WAL as a whole once: so does each part.
  const measure = async () => {
    await pool.query('checkpoint')
    return load.book(Math.ceil(bookings / 5))
  }
  const without = [await measure()]
  const first = await start()
  const whileCopying = await load.book(Math.ceil(bookings / 10))
  await untilRestorable(config, Date.now())
  const archiving = [await measure()]
  await first.stop()
  without.push(await measure())
  const backups = await start()
  // First it archives what was booked without it.
  await untilRestorable(config, Date.now())
  archiving.push(await measure())
  const [before, whileArchiving] = [meanOf(without), meanOf(archiving)]
  const bookedMs = Date.now()
  const trickle = load.trickle()
  // So that the earlier moment can be restored too.
  await delay(options.earlierMs ?? 0)
  const moment = await momentAfter(bookedMs)
  await untilRestorable(config, moment.getTime() + 1)
  // At any time between two moments at which the WAL in progress is stored.
  await delay(Math.random() * options.backupSeconds * 1000)
  const until = await untilRestorable(config, moment.getTime() + 1)
  const destroyedMs = Date.now()
  load.stop()
  say('destroying the database')
  await destroy(dataDirectory)
  await Promise.allSettled([backups.stop(), database.stop(), trickle])
  await Promise.allSettled([engine.stop(), pool.end()])
  const restored = await restoreAt(options, config, new Date(moment.getTime() - (options.earlierMs ?? 0)))
  return {
    ...compare(load.journal, restored.ids, moment),
    refused: load.refused,
    mismatches: restored.mismatches,
    secondsAtRisk: Math.round((destroyedMs - until) / 100) / 10,
    restoreSeconds: restored.seconds,
    storedMegabytes: restored.storedMegabytes,
    bookingsPerSecond: {
      before: Math.round(before),
      whileCopying: Math.round(whileCopying),
      whileArchiving: Math.round(whileArchiving),
      ratio: Math.round((whileArchiving / before) * 100) / 100,
    },
  }
}

/** Of parts with as many bookings each. */
function meanOf(rates: readonly number[]): number {
  return rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0)
}

/**
 * Now, but in a later millisecond. What was acknowledged in the millisecond of the moment counts as neither before nor
 * after it, and a timer may end in the millisecond in which it began.
 */
async function momentAfter(milliseconds: number): Promise<Date> {
  while (Date.now() <= milliseconds) await delay(1)
  return new Date()
}

const engineBounds = {
  queuedMax: 4_096,
  waitMsMax: 30_000,
  unknownMsMax: 1_000,
  onBatch: () => undefined,
  onClaims: () => undefined,
}

function settings(directory: string, backupSeconds: number) {
  const env = {
    HOLDFAST_BACKUP_TO: join(directory, 'backups'),
    HOLDFAST_BACKUP_PASSPHRASE: passphrase,
    HOLDFAST_BACKUP_SECONDS: String(backupSeconds),
    HOLDFAST_LOG_LEVEL: 'silent',
  }
  const result = readConfig(env)
  if (result.kind === 'invalid') throw new Error('The settings of the drill are invalid.')
  return { config: result.config, env }
}

/** Waits until this moment can be restored. @returns the newest moment that can */
async function untilRestorable(config: Config, momentMs: number): Promise<number> {
  const deadlineMs = Date.now() + waitMsMax
  const store = openBackups(config.backupTo ?? '', config)
  while (Date.now() < deadlineMs) {
    const newest = (await readCatalogue(store)).backups.at(-1)
    if (newest !== undefined && newest.until.getTime() >= momentMs) return newest.until.getTime()
    await delay(200)
  }
  throw new Error(`Nothing was backed up within ${waitMsMax / 1000} s.`)
}

/** As a lost disk would: neither the server nor its files say goodbye. */
async function destroy(dataDirectory: string): Promise<void> {
  const pidFile = await readFile(join(dataDirectory, 'postgres', 'postmaster.pid'), 'utf8')
  process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL')
  await rm(join(dataDirectory, 'postgres'), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

async function restoreAt({ directory, say }: DrillOptions, config: Config, to: Date) {
  const dataDirectory = join(directory, 'restored')
  const store = openBackups(config.backupTo ?? '', config)
  const beganAt = performance.now()
  const choice = { to, id: null, release: await releaseOf() }
  const backup = chooseBackup(store.name, await readCatalogue(store), choice)
  await restoreBackup({ store, keys: backupKeys(config), backup, to, dataDirectory, say })
  const seconds = Math.round((performance.now() - beganAt) / 100) / 10
  say('verifying')
  const { mismatches, overbooked } = await verifyRestored(dataDirectory)
  const ids = await withEmbeddedPostgres({ dataDirectory }, ({ ownerUrl }) => readBookings(ownerUrl))
  const objects = await store.list('')
  const storedMegabytes = Math.round(objects.reduce((sum, { bytes }) => sum + bytes, 0) / 100_000) / 10
  return { ids, mismatches: mismatches + overbooked, seconds, storedMegabytes }
}

async function readBookings(url: string): Promise<Set<string>> {
  const pool: pg.Pool = createPool({ url, max: 1, name: 'drill' })
  try {
    const { rows } = await pool.query<{ id: string }>('select id from holdfast.booking')
    return new Set(rows.map(({ id }) => id))
  } finally {
    await pool.end()
  }
}

function compare(journal: readonly JournalEntry[], restored: ReadonlySet<string>, moment: Date) {
  const momentMs = moment.getTime()
  const before = journal.filter(({ acknowledgedMs }) => acknowledgedMs < momentMs)
  const found = before.filter(({ id }) => restored.has(id)).length
  return {
    acknowledged: journal.length,
    moment: moment.toISOString(),
    acknowledgedBefore: before.length,
    restored: found,
    lost: before.length - found,
    unexpected: journal.filter(({ id, beganMs }) => beganMs > momentMs && restored.has(id)).length,
  }
}
