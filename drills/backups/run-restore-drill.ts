import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { chooseBackup, readCatalogue } from '@holdfast/adapters/backup'
import { withEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { readRelease, withPool } from '@holdfast/engine'
import { backupKeys, openBackups, restoreBackup, verifyRestored } from '@holdfast/server/backups'
import type { Config } from '@holdfast/server/config'
import type pg from 'pg'
import type { JournalEntry } from '../load/booking-load.ts'
import { createPlace, openBackupStage, untilRestorable } from './backup-stage.ts'

export type DrillOptions = {
  bookings: number
  /** An empty directory, in which the drill works. */
  directory: string
  /** HOLDFAST_BACKUP_SECONDS */
  backupSeconds: number
  say(line: string): void
  /** Negative control: restores so much earlier than it should. */
  earlierMs?: number
  /** Negative control: changes the restored database before it is compared. */
  change?(pool: pg.Pool): Promise<unknown>
}

export type DrillResult = {
  acknowledged: number
  /** Claims that were not booked, by the kind of their outcome. */
  refused: Record<string, number>
  moment: string
  /** Acknowledged before the moment; of these, restored, restored in another slot or state, and lost. */
  acknowledgedBefore: number
  restored: number
  differing: number
  lost: number
  /** Restored although they began after the moment. */
  unexpected: number
  mismatches: number
  /** How old the newest restorable moment was when the database was destroyed. */
  secondsAtRisk: number
  /**
   * The time until the WAL was replayed, and until the verified database had its final name: nobody can start it
   * before.
   */
  recoveredSeconds: number
  restoredSeconds: number
  storedMegabytes: number
}

/**
 * Books, backs up, goes on booking, destroys the database, restores it as it was at a moment in between, and compares
 * every booking with the journal of those that were acknowledged.
 */
export async function runRestoreDrill(options: DrillOptions): Promise<DrillResult> {
  const { bookings, directory, say } = options
  const stage = await openBackupStage({ ...options, room: bookings * 2 + 10_000 })
  const { dataDirectory, load } = stage
  const place = await createPlace(join(directory, 'backups'), options.backupSeconds)
  say(`booking ${bookings}, most of them while backups are taken`)
  await load.book(Math.ceil(bookings / 10))
  const first = await stage.backUp(place)
  await load.book(Math.ceil(bookings / 2))
  await untilRestorable(place, Date.now())
  await first.stop()
  // What is booked while nothing archives is archived by the next process.
  await load.book(Math.ceil(bookings / 10))
  const backups = await stage.backUp(place)
  await load.book(Math.floor((bookings * 3) / 10))
  const bookedMs = Date.now()
  const trickle = load.trickle()
  // So that the earlier moment can be restored too.
  await delay(options.earlierMs ?? 0)
  const moment = await momentAfter(bookedMs)
  await untilRestorable(place, moment.getTime() + 1)
  // At any time between two moments at which the WAL in progress is stored.
  await delay(Math.random() * options.backupSeconds * 1000)
  const until = await untilRestorable(place, moment.getTime() + 1)
  const destroyedMs = Date.now()
  load.stop()
  say('destroying the database')
  await destroy(dataDirectory)
  await Promise.allSettled([backups.stop(), stage.end(), trickle])
  const restored = await restoreAt(options, place.config, new Date(moment.getTime() - (options.earlierMs ?? 0)))
  return {
    ...compare(load.journal, restored.bookings, moment),
    refused: load.refused,
    mismatches: restored.mismatches,
    secondsAtRisk: Math.round((destroyedMs - until) / 100) / 10,
    recoveredSeconds: restored.recoveredSeconds,
    restoredSeconds: restored.restoredSeconds,
    storedMegabytes: restored.storedMegabytes,
  }
}

/**
 * Now, but in a later millisecond. What was acknowledged in the millisecond of the moment counts as neither before nor
 * after it, and a timer may end in the millisecond in which it began.
 */
async function momentAfter(milliseconds: number): Promise<Date> {
  while (Date.now() <= milliseconds) await delay(1)
  return new Date()
}

/** Does what a lost disk does: the server does not stop in order, and its files are gone. */
async function destroy(dataDirectory: string): Promise<void> {
  const pidFile = await readFile(join(dataDirectory, 'postgres', 'postmaster.pid'), 'utf8')
  process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL')
  await rm(join(dataDirectory, 'postgres'), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

async function restoreAt({ directory, say, change = async () => undefined }: DrillOptions, config: Config, to: Date) {
  const dataDirectory = join(directory, 'restored')
  const store = openBackups(config.backupTo ?? '', config)
  const beganAt = performance.now()
  const secondsSinceThen = () => (performance.now() - beganAt) / 1000
  const choice = { to, id: null, release: await readRelease() }
  const backup = chooseBackup(store.name, await readCatalogue(store), choice)
  let recoveredSeconds = 0
  const complete = ({ ownerUrl }: { ownerUrl: string }) => {
    recoveredSeconds = secondsSinceThen()
    say('verifying')
    return verifyRestored(ownerUrl)
  }
  const keys = backupKeys(config)
  const { mismatches, overbooked } = await restoreBackup({ store, keys, backup, to, dataDirectory, complete, say })
  const restoredSeconds = secondsSinceThen()
  const bookings = await withEmbeddedPostgres({ dataDirectory }, ({ ownerUrl }) => readBookings(ownerUrl, change))
  const objects = await store.list('')
  const storedMegabytes = Math.round(objects.reduce((sum, { bytes }) => sum + bytes, 0) / 100_000) / 10
  return { bookings, mismatches: mismatches + overbooked, recoveredSeconds, restoredSeconds, storedMegabytes }
}

/** Slot and state of each booking. */
type Bookings = Map<string, string>

async function readBookings(url: string, change: (pool: pg.Pool) => Promise<unknown>): Promise<Bookings> {
  return withPool({ url, name: 'drill' }, async (pool) => {
    await change(pool)
    const { rows } = await pool.query<{ id: string; is: string }>(
      `select id, slot_id || ' ' || status as is from holdfast.booking`,
    )
    return new Map(rows.map(({ id, is }) => [id, is]))
  })
}

function compare(journal: readonly JournalEntry[], restored: Bookings, moment: Date) {
  const momentMs = moment.getTime()
  const before = journal.filter(({ acknowledgedMs }) => acknowledgedMs < momentMs)
  const found = before.filter(({ id }) => restored.has(id)).length
  const same = before.filter(({ id, slotId }) => restored.get(id) === `${slotId} CONFIRMED`).length
  return {
    acknowledged: journal.length,
    moment: moment.toISOString(),
    acknowledgedBefore: before.length,
    restored: same,
    differing: found - same,
    lost: before.length - found,
    unexpected: journal.filter(({ id, beganMs }) => beganMs > momentMs && restored.has(id)).length,
  }
}
