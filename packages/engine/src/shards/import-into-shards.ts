import { messageOf } from '@holdfast/vocabulary'
import type pg from 'pg'
import { connectClient } from '../database/connect-client.ts'
import { inTransaction } from '../database/pools.ts'
import { directoryNo } from '../database/shard-mark.ts'
import { advisoryWaitMinutesMax, takeAdvisoryLock } from '../database/take-advisory-lock.ts'
import { timeZoneName } from '../directory/time-zone.ts'
import {
  type AmongShards,
  clinicIdentity,
  clinicsNamedAs,
  importDirectory,
  type KnownClinic,
  problemsMax,
} from '../import/import-directory.ts'
import type { Engine } from '../model/engine.ts'
import { clinicNoIn } from '../model/id.ts'
import type { DirectoryImport, ImportClinic, ImportCounts, ImportOutcome } from '../model/import.ts'
import { drainedShards, drawClinicNo, readClinicShards, recentBookings } from './clinic-shards.ts'
import { emptiestShard, type ShardLoad } from './emptiest-shard.ts'

type Options = Parameters<Engine['importDirectory']>[1]

/** An import was interrupted when a part of it was written. The message says so, and what to do. */
export class ImportInterrupted extends Error {
  override name = 'ImportInterrupted'

  constructor(cause: unknown) {
    const reason = messageOf(cause).replace(/\.?$/, '')
    super(`${reason}: only a part was imported. Run the same command again, which imports the rest`, { cause })
  }
}

export type ImportDatabases = {
  /** The owner's URL of the directory. */
  directoryUrl: string
  /** All databases of the installation by their numbers, as the application. */
  pools: ReadonlyMap<number, pg.Pool>
}

/**
 * Imports clinics, doctors and slots as {@link importDirectory} does, into the databases that have their clinics, or
 * would get them: a new clinic is created where the fewest bookings were made of late. Nothing is written if one of the
 * databases finds a problem. Each database then writes its part in one transaction.
 *
 * @throws ImportInterrupted, DatabaseUnavailable if a database was drained meanwhile; the driver's error
 */
export async function importIntoShards(
  { directoryUrl, pools }: ImportDatabases,
  input: DirectoryImport,
  options: Options,
): Promise<ImportOutcome> {
  const lock = await connectClient({ url: directoryUrl, name: 'holdfast import', queryTimeoutMs: 10_000 })
  try {
    // A clinic that two imports create would get two numbers.
    if (!(await takeAdvisoryLock(lock, 'import'))) {
      throw new Error(`another import has been running for ${advisoryWaitMinutesMax} minutes: try again later`)
    }
    const plan = await planImport(pools, input)
    const rehearsed = await importParts(plan, { ...options, dryRun: true })
    if (options.dryRun || rehearsed.kind === 'refused') return rehearsed
    return await importParts(plan, options)
  } finally {
    await lock.end()
  }
}

/** What a database gets of an import. */
type Part = { no: number; pool: pg.Pool; input: DirectoryImport }

type Plan = {
  directory: pg.Pool
  parts: Part[]
  known: KnownClinic[]
  /** For each clinic that is new, by its identity: the number of its database. */
  created: ReadonlyMap<string, number>
}

async function planImport(pools: ReadonlyMap<number, pg.Pool>, input: DirectoryImport): Promise<Plan> {
  const directory = pools.get(directoryNo)
  if (directory === undefined) throw new Error('The directory is missing.')
  const placed = new Map((await readClinicShards(directory)).places.map((place) => [place.clinicNo, place.shardNo]))
  const placeOf = (clinicNo: number) => placed.get(clinicNo) ?? directoryNo
  const known: KnownClinic[] = []
  for (const [no, pool] of pools) {
    // Another copy is not used.
    known.push(...(await clinicsNamedAs(pool, input.clinics)).filter((clinic) => placeOf(clinic.no) === no))
  }
  const created = new Map<string, number>()
  const next = await createNext(directory, pools, placed)
  const clinics = placeClinics(input.clinics, known, placeOf, (identity) => created.getOrInsertComputed(identity, next))
  const places = {
    clinic: byKey(input.clinics, (clinic) => clinics.get(clinic) ?? directoryNo),
    doctor: new Map<string, number>(),
  }
  const placeIn = (keys: ReadonlyMap<string, number>, text: string) => keys.get(text) ?? placeOf(clinicNoIn(text) ?? 0)
  places.doctor = byKey(input.doctors, ({ clinic }) => placeIn(places.clinic, clinic))
  const parts = Array.from(pools, ([no, pool]): Part => {
    const isHere = (place: number | undefined) => place === no
    return {
      no,
      pool,
      input: {
        clinics: input.clinics.filter((clinic) => isHere(clinics.get(clinic))),
        doctors: input.doctors.filter(({ key, clinic }) =>
          isHere(key === null ? placeIn(places.clinic, clinic) : places.doctor.get(key)),
        ),
        slots: input.slots.filter(({ doctor }) => isHere(placeIn(places.doctor, doctor))),
      },
    }
  })
  return { directory, known, created, parts: parts.filter(({ input: part }) => !isEmpty(part)) }
}

/** Where each clinic of an import is, or will be. One with a problem is where its key is needed. */
function placeClinics(
  clinics: readonly ImportClinic[],
  known: readonly KnownClinic[],
  placeOf: (clinicNo: number) => number,
  placeNew: (identity: string) => number,
): Map<ImportClinic, number> {
  const existing = new Map(known.map((clinic) => [clinicIdentity(clinic.name, clinic.timezone), placeOf(clinic.no)]))
  const keys = new Map<string, number>()
  const places = new Map<ImportClinic, number>()
  for (const clinic of clinics) {
    const zone = timeZoneName(clinic.timezone)
    const identity = zone === null ? null : clinicIdentity(clinic.name, zone)
    // A key that two rows have is a problem of the second one, which its database finds.
    const first = clinic.key === null ? undefined : keys.get(clinic.key)
    const own = () => (identity === null ? directoryNo : (existing.get(identity) ?? placeNew(identity)))
    const place = first ?? own()
    places.set(clinic, place)
    if (clinic.key !== null) keys.set(clinic.key, place)
  }
  return places
}

/** The place of the first row with each key. */
function byKey<Row extends { key: string | null }>(rows: readonly Row[], placeOf: (row: Row) => number) {
  const places = new Map<string, number>()
  for (const row of rows) if (row.key !== null) places.getOrInsertComputed(row.key, () => placeOf(row))
  return places
}

/** Chooses the database of one new clinic after the other. */
async function createNext(
  directory: pg.Pool,
  pools: ReadonlyMap<number, pg.Pool>,
  placed: ReadonlyMap<number, number>,
): Promise<() => number> {
  const drained = await drainedShards(directory)
  const loads: ShardLoad[] = []
  for (const [no, pool] of pools) {
    if (drained.has(no)) continue
    const clinics = placed.values().reduce((sum, place) => sum + Number(place === no), 0)
    loads.push({ no, bookings: await recentBookings(pool), clinics })
  }
  return () => {
    const no = emptiestShard(loads) ?? directoryNo
    for (const load of loads) if (load.no === no) load.clinics += 1
    return no
  }
}

async function importParts({ directory, parts, known, created }: Plan, options: Options): Promise<ImportOutcome> {
  const numbers = await drawNumbers(directory, created, options.dryRun)
  const numberOf = ({ name, timezone }: ImportClinic) => {
    const zone = timeZoneName(timezone)
    return zone === null ? null : (numbers.get(clinicIdentity(name, zone)) ?? null)
  }
  const among: AmongShards = { known, numberOf }
  let sum: ImportOutcome = { kind: 'imported', counts: nothing, position: null }
  let isBegun = false
  for (const { pool, input } of parts) {
    try {
      const outcome = await importDirectory(pool, input, options, () => undefined, among)
      // Something has changed since the rehearsal.
      if (outcome.kind === 'refused' && isBegun) throw new Error(outcome.problems[0]?.message)
      sum = merged(sum, outcome)
      isBegun ||= outcome.kind === 'imported' && outcome.position !== null
    } catch (error) {
      if (isBegun) throw new ImportInterrupted(error)
      throw error
    }
  }
  return sum
}

/** The directory draws the numbers of new clinics, and notes where they will be; in a dry run, it forgets the notes. */
async function drawNumbers(
  directory: pg.Pool,
  created: ReadonlyMap<string, number>,
  dryRun: boolean,
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>()
  if (created.size === 0) return numbers
  await inTransaction(directory, async (transaction) => {
    await transaction.query('savepoint before_notes')
    for (const [identity, shardNo] of created) numbers.set(identity, await drawClinicNo(transaction, shardNo))
    if (dryRun) await transaction.query('rollback to before_notes')
  })
  return numbers
}

const nothing: ImportCounts = {
  clinics: { created: 0, existing: 0 },
  doctors: { created: 0, existing: 0 },
  slots: { created: 0, skipped: 0, differing: 0 },
}

function isEmpty({ clinics, doctors, slots }: DirectoryImport): boolean {
  return clinics.length + doctors.length + slots.length === 0
}

/** A position is that of one log: two have none. */
function merged(one: ImportOutcome, other: ImportOutcome): ImportOutcome {
  if (one.kind === 'refused' && other.kind === 'refused') {
    const problems = [...one.problems, ...other.problems].slice(0, problemsMax)
    return { kind: 'refused', problems, problemCount: one.problemCount + other.problemCount }
  }
  if (one.kind === 'refused') return one
  if (other.kind === 'refused') return other
  const [{ clinics, doctors, slots }, more] = [one.counts, other.counts]
  const counts = {
    clinics: {
      created: clinics.created + more.clinics.created,
      existing: clinics.existing + more.clinics.existing,
    },
    doctors: {
      created: doctors.created + more.doctors.created,
      existing: doctors.existing + more.doctors.existing,
    },
    slots: {
      created: slots.created + more.slots.created,
      skipped: slots.skipped + more.slots.skipped,
      differing: slots.differing + more.slots.differing,
    },
  }
  return { kind: 'imported', counts, position: null }
}
