import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@holdfast/testkit'
import type pg from 'pg'
import { type BackupStage, createPlace, openBackupStage, untilRestorable, type Way } from './backup-stage.ts'

export type BackupCostOptions = {
  rounds: number
  /** How bookings are made; the engine, unless it is set. */
  way?: Way
  /** How long each part of a round books. */
  partMs: number
  /** What is in the database already. */
  bookedBefore?: number
  /** An empty directory, in which the drill works. */
  directory: string
  /** HOLDFAST_BACKUP_SECONDS */
  backupSeconds: number
  say(line: string): void
}

/** The median, the lowest and the highest of the rounds. */
export type Spread = { median: number; min: number; max: number }

export type BackupCost = {
  way: Way
  rounds: number
  /** Bookings per second without backups, while the whole database was copied, and while its WAL was archived. */
  bookingsPerSecond: { without: Spread; copying: Spread; archiving: Spread }
  /** The rate in each round, divided by the mean of the parts without backups before and after. */
  ratio: { copying: Spread; archiving: Spread }
}

/** More than twice what each way has done in a second on two cores; places that are not booked cost nothing. */
const perSecondMax = { engine: 100_000, server: 20_000 } satisfies Record<Way, number>

/** The share of the bookings over HTTP without backups that must be made during backups. */
const serverRatioMin = 0.9

/**
 * Books as fast as the engine, or a server, can in parts of the same length: without backups, while a first copy is
 * taken, while WAL is archived, without backups, and so on. Each part follows some bookings that are not counted, since
 * idle connections were closed and others have no plans yet, and a checkpoint, because each page is written to the WAL
 * as a whole once after it.
 */
export async function measureBackupCost(options: BackupCostOptions): Promise<BackupCost> {
  const { rounds, partMs, directory, say, way = 'engine', bookedBefore = 200_000 } = options
  const room = bookedBefore + ((rounds * 3 + 2) * partMs * perSecondMax[way]) / 1000
  const stage = await openBackupStage({ ...options, room })
  try {
    await stage.fill.book(bookedBefore)
    // A server that has just started books slower, and the first part would be compared with the next ones.
    if (way === 'server') await stage.load.bookWhile(always, partMs)
    const without = [await bookPart(stage, partMs)]
    const [copying, archiving]: [number[], number[]] = [[], []]
    for (let round = 1; round <= rounds; round += 1) {
      const place = await createPlace(join(directory, `cost-${round}`), options.backupSeconds)
      const backups = await stage.backUp(place)
      await until(() => isCopied(stage.pool), 'a copy that has begun', 60_000)
      copying.push(await bookPart(stage, partMs, async () => (await isCopied(stage.pool)) === true))
      await untilRestorable(place, Date.now())
      archiving.push(await bookPart(stage, partMs))
      await backups.stop()
      await rm(place.env.HOLDFAST_BACKUP_TO ?? '', { recursive: true })
      without.push(await bookPart(stage, partMs))
      const parts = [without.at(-2), copying.at(-1), archiving.at(-1), without.at(-1)]
      if (parts.includes(0)) throw new Error(`Nothing was booked in a part of round ${round}: all places are taken.`)
      say(`round ${round}: ${parts.map((rate) => Math.round(rate ?? 0)).join(', ')} bookings/s`)
    }
    const neighbours = copying.map((_, index) => ((without[index] ?? 0) + (without[index + 1] ?? 0)) / 2)
    const ratiosOf = (rates: number[]) =>
      spreadOf(
        rates.map((rate, index) => rate / (neighbours[index] ?? 0)),
        2,
      )
    return {
      way,
      rounds,
      bookingsPerSecond: {
        without: spreadOf(without, 0),
        copying: spreadOf(copying, 0),
        archiving: spreadOf(archiving, 0),
      },
      ratio: { copying: ratiosOf(copying), archiving: ratiosOf(archiving) },
    }
  } finally {
    await stage.end()
  }
}

const always = async () => true

/** @returns bookings per second, while the condition holds */
async function bookPart({ pool, load }: BackupStage, partMs: number, holds = always): Promise<number> {
  await load.bookWhile(holds, partMs / 4)
  await pool.query('checkpoint')
  return load.bookWhile(holds, partMs)
}

/** Whether the server sends a copy of itself; undefined: it does not. */
async function isCopied(pool: pg.Pool): Promise<true | undefined> {
  const { rows } = await pool.query<{ phase: string }>('select phase from pg_stat_progress_basebackup')
  return rows.some(({ phase }) => phase === 'streaming database files') ? true : undefined
}

function spreadOf(values: readonly number[], digits: number): Spread {
  const sorted = values.map((value) => Number(value.toFixed(digits))).sort((one, other) => one - other)
  const middle = (sorted.length - 1) / 2
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
  return { median: Number(median.toFixed(digits)), min: sorted.at(0) ?? 0, max: sorted.at(-1) ?? 0 }
}

/** What a server that is backed up must not lose. The engine alone keeps all cores busy: its figures have no bound. */
export function failuresOfBackupCost({ way, ratio }: Pick<BackupCost, 'way' | 'ratio'>): string[] {
  if (way === 'engine') return []
  const found: [string, Spread][] = [
    ['the database was copied', ratio.copying],
    ['WAL was archived', ratio.archiving],
  ]
  return found
    .filter(([, { median }]) => median < serverRatioMin)
    .map(
      ([what, { median }]) =>
        `While ${what}, ${median} of the bookings were made, less than ${serverRatioMin}. ` +
        'Other work on this machine changes it: measure on idle cores.',
    )
}

/** The result as a table. */
export function backupCostTable({ way, rounds, bookingsPerSecond, ratio }: BackupCost): string {
  const text = ({ median, min, max }: Spread) => `${median} (${min}–${max})`
  const rows: [string, string][] = [
    [`bookings/s by the ${way} without backups, of ${rounds} rounds`, text(bookingsPerSecond.without)],
    ['while the database was copied', `${text(bookingsPerSecond.copying)}: ${text(ratio.copying)}`],
    ['while its WAL was archived', `${text(bookingsPerSecond.archiving)}: ${text(ratio.archiving)}`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(60)}${value}\n`).join('')
}
