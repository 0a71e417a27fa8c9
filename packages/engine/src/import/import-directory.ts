import { slotLimits } from '@holdfast/vocabulary'
import pg from 'pg'
import sql from 'sql-template-tag'
import { directoryTransaction, transactionId } from '../database/announced-transaction.ts'
import { insertClinic } from '../directory/clinics.ts'
import { insertDoctor, specializationName } from '../directory/doctors.ts'
import { timeZoneName, UnknownTimeZone } from '../directory/time-zone.ts'
import { updateVideoRoom } from '../directory/video-rooms.ts'
import type { Announce } from '../model/committed.ts'
import type { Engine } from '../model/engine.ts'
import { clinicNoOf, isId } from '../model/id.ts'
import type {
  DirectoryImport,
  ImportClinic,
  ImportCounts,
  ImportDoctor,
  ImportList,
  ImportOutcome,
  ImportProblem,
  ImportSlot,
} from '../model/import.ts'
import { createSlots } from '../slots/create-slots.ts'
import { latestStart, slotsAheadYearsMax } from '../slots/slot-dates.ts'

export const problemsMax = 1_000

export type KnownClinic = { no: number; name: string; timezone: string }

/** `known`: the clinics with the imported names, in all databases. `numberOf`: the number of one that is new. */
export type AmongShards = { known: readonly KnownClinic[]; numberOf(clinic: ImportClinic): number | null }

/**
 * Imports clinics, doctors and slots, all or nothing, in one transaction; imports run one after the other. The same
 * file again changes nothing: existing rows are left as they are. Two clinics are the same if their name and zone are
 * equal, two doctors if their clinic, name and specialization are, two slots if their doctor, start and end are. A dry
 * run does everything and rolls back.
 *
 * The caller has parsed the rows and checked the limits of their fields. The times of slots, and what only the database
 * can know, are checked here, and every problem is reported with its row.
 *
 * @param among for one of several databases
 */
export async function importDirectory(
  pool: pg.Pool,
  input: DirectoryImport,
  options: Parameters<Engine['importDirectory']>[1],
  announce: Announce,
  among: AmongShards | null = null,
): Promise<ImportOutcome> {
  const problems = new Problems()
  try {
    return await directoryTransaction(
      pool,
      announce,
    )(async (transaction) => {
      await transaction.query(sql`select pg_advisory_xact_lock(hashtextextended('holdfast.import', 0))`)
      const clinics = await importClinics(transaction, input.clinics, problems, among)
      const doctors = await importDoctors(transaction, input.doctors, clinics, problems)
      const slots = await importSlots(transaction, input.slots, doctors, problems)
      if (problems.count > 0) throw new RolledBack(problems.outcome())
      const counts = { clinics: clinics.counts, doctors: doctors.counts, slots }
      const wrote = clinics.counts.created + doctors.counts.created + slots.created > 0
      if (options.dryRun || !wrote) throw new RolledBack({ kind: 'imported', counts, position: null })
      await options.alsoWrite?.(transaction, counts)
      return { kind: 'imported', counts, position: await transactionId(transaction) }
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.outcome
    throw error
  }
}

/** Thrown to roll the transaction back and return an outcome. */
class RolledBack extends Error {
  readonly outcome: ImportOutcome

  constructor(outcome: ImportOutcome) {
    super('rolled back on purpose')
    this.outcome = outcome
  }
}

/** The problems found. Only the first are stored: a file in the wrong format has as many problems as lines. */
class Problems {
  count = 0
  readonly #first: ImportProblem[] = []

  add(list: ImportList, row: number, message: string): void {
    this.count += 1
    if (this.#first.length < problemsMax) this.#first.push({ list, row, message })
  }

  outcome(): ImportOutcome {
    return { kind: 'refused', problems: this.#first, problemCount: this.count }
  }

  /**
   * Runs one row's insert. A violated constraint is that row's problem, and ends the import, because it aborts the
   * transaction.
   */
  async ofRow<Value>(list: ImportList, row: number, insert: () => Promise<Value>): Promise<Value> {
    try {
      return await insert()
    } catch (error) {
      if (error instanceof UnknownTimeZone) this.add(list, row, error.message)
      else if (error instanceof pg.DatabaseError && error.code?.startsWith('2')) {
        this.add(list, row, `The database refuses it: ${error.message}.`)
      } else throw error
      throw new RolledBack(this.outcome())
    }
  }
}

/**
 * What the keys of a list refer to. `refused` has the keys of rows with a problem: rows that refer to them are not
 * reported as well.
 */
type Keys<Target> = { targets: Map<string, Target>; refused: Set<string> }

/** The clinics of a database that have the names of some that are imported, the oldest first. */
export async function clinicsNamedAs(
  database: pg.Pool | pg.PoolClient,
  clinics: readonly ImportClinic[],
): Promise<KnownClinic[]> {
  const names = [...new Set(clinics.map((clinic) => clinic.name))]
  const { rows } = await database.query<KnownClinic>(
    sql`select no, name, timezone from holdfast.clinic where name = any(${names}::text[]) order by no`,
  )
  return rows
}

/** Clinics are the same whose identity is equal. @param zone as {@link timeZoneName} spells it */
export function clinicIdentity(name: string, zone: string): string {
  return JSON.stringify([name, zone])
}

/** Returns the clinics' numbers by key. */
async function importClinics(
  transaction: pg.PoolClient,
  clinics: ImportClinic[],
  problems: Problems,
  among: AmongShards | null,
): Promise<Keys<number> & { counts: ImportCounts['clinics'] }> {
  const known = among?.known ?? (await clinicsNamedAs(transaction, clinics))
  const existing = Map.groupBy(known, ({ name, timezone }) => clinicIdentity(name, timezone))
  const seen = new FirstRows('clinics', problems)
  const targets = new Map<string, number>()
  const counts = { created: 0, existing: 0 }
  for (const clinic of clinics) {
    const zone = timeZoneName(clinic.timezone)
    if (zone === null) {
      problems.add('clinics', clinic.row, new UnknownTimeZone(clinic.timezone).message)
      continue
    }
    const identity = clinicIdentity(clinic.name, zone)
    if (!seen.isNew(clinic, identity, `a clinic ${quoted(clinic.name)} in ${zone}`)) continue
    const same = existing.get(identity) ?? []
    if (same.length > 1) {
      problems.add(
        'clinics',
        clinic.row,
        `${same.length} clinics are named ${quoted(clinic.name)} in ${zone}: leave it out, and refer to the one ` +
          'you mean by its id.',
      )
      continue
    }
    const drawnNo = among?.numberOf(clinic) ?? null
    const insert = () => insertClinic(transaction, clinic, drawnNo)
    const no = same[0]?.no ?? (await problems.ofRow('clinics', clinic.row, insert)).no
    counts[same.length === 1 ? 'existing' : 'created'] += 1
    if (clinic.key !== null) targets.set(clinic.key, no)
  }
  return { counts, targets, refused: refusedKeys(clinics, targets) }
}

type KnownDoctor = { clinic_no: number; id: string; name: string; specialization: string }

/** Returns the doctors' ids by key. */
async function importDoctors(
  transaction: pg.PoolClient,
  doctors: ImportDoctor[],
  clinics: Keys<number>,
  problems: Problems,
): Promise<Keys<string> & { counts: ImportCounts['doctors'] }> {
  const named = await existingIds(
    transaction,
    'clinic',
    doctors.map((doctor) => doctor.clinic),
  )
  const noOf = (clinic: string) => clinics.targets.get(clinic) ?? (named.has(clinic) ? clinicNoOf(clinic) : null)
  const nos = [...new Set(doctors.map((doctor) => noOf(doctor.clinic)).filter((no) => no !== null))]
  const { rows: known } = await transaction.query<KnownDoctor>(sql`
    select clinic_no, id, name, specialization
      from holdfast.resource
     where kind = 'doctor' and clinic_no = any(${nos}::integer[])
     order by id`)
  const existing = new Map(
    known.map((doctor) => [JSON.stringify([doctor.clinic_no, doctor.name, doctor.specialization]), doctor.id]),
  )
  const seen = new FirstRows('doctors', problems)
  const targets = new Map<string, string>()
  const counts = { created: 0, existing: 0 }
  for (const doctor of doctors) {
    const no = noOf(doctor.clinic)
    if (no === null) {
      if (clinics.refused.has(doctor.clinic)) continue
      problems.add(
        'doctors',
        doctor.row,
        `There is no clinic ${quoted(doctor.clinic)}, neither as a key of this import nor as an id.`,
      )
      continue
    }
    const identity = JSON.stringify([no, doctor.name, specializationName(doctor.specialization)])
    if (!seen.isNew(doctor, identity, `a doctor ${quoted(doctor.name)} of this clinic and specialization`)) continue
    const same = existing.get(identity)
    const id = same ?? (await problems.ofRow('doctors', doctor.row, () => insertWithRoom(transaction, no, doctor)))
    counts[same === undefined ? 'created' : 'existing'] += 1
    if (doctor.key !== null) targets.set(doctor.key, id)
  }
  return { counts, targets, refused: refusedKeys(doctors, targets) }
}

/** Returns the new doctor's id. */
async function insertWithRoom(transaction: pg.PoolClient, no: number, doctor: ImportDoctor): Promise<string> {
  const { id } = await insertDoctor(transaction, no, doctor)
  if (doctor.videoRoom !== null) await updateVideoRoom(transaction, id, doctor.videoRoom)
  return id
}

async function importSlots(
  transaction: pg.PoolClient,
  slots: ImportSlot[],
  doctors: Keys<string>,
  problems: Problems,
): Promise<ImportCounts['slots']> {
  const named = await existingIds(
    transaction,
    'resource',
    slots.map((slot) => slot.doctor),
  )
  const last = latestStart(new Date())
  const byDoctor = Map.groupBy(
    slots.filter((slot) => isAcceptable(slot, last, problems)),
    (slot) => doctors.targets.get(slot.doctor) ?? (named.has(slot.doctor) ? slot.doctor : null),
  )
  for (const slot of byDoctor.get(null) ?? []) {
    if (doctors.refused.has(slot.doctor)) continue
    problems.add(
      'slots',
      slot.row,
      `There is no doctor ${quoted(slot.doctor)}, neither as a key of this import nor as an id.`,
    )
  }
  byDoctor.delete(null)
  const counts = { created: 0, skipped: 0, differing: 0 }
  await lockDoctors(transaction, [...byDoctor.keys()])
  for (const [doctorId, ofDoctor] of [...byDoctor].sort(byClinic)) {
    if (doctorId === null) continue
    const rowOfSlot = new Map<string, number>()
    for (let first = 0; first < ofDoctor.length; first += slotLimits.slotsPerCallMax) {
      const part = ofDoctor.slice(first, first + slotLimits.slotsPerCallMax)
      const { items } = await createSlots(transaction, { doctorId, drafts: part, dryRun: false })
      for (const [index, slot] of part.entries()) {
        const item = items[index]
        if (item?.outcome === 'created' && item.slotId !== null) rowOfSlot.set(item.slotId, slot.row)
      }
      for (const [index, slot] of part.entries()) {
        const item = items[index]
        if (item === undefined) continue
        if (item.outcome === 'created') counts.created += 1
        else if (item.outcome === 'conflict')
          problems.add('slots', slot.row, overlapMessage(slot, item.slotId, rowOfSlot))
        else if (item.slotId === null) problems.add('slots', slot.row, `${slot.startsAt.toISOString()} is in the past.`)
        else counts.skipped += 1
        if (item.outcome === 'capacity_differs') counts.differing += 1
      }
    }
  }
  return counts
}

function refusedKeys(items: { key: string | null }[], targets: Map<string, unknown>): Set<string> {
  return new Set(items.flatMap(({ key }) => (key === null || targets.has(key) ? [] : [key])))
}

function isAcceptable(slot: ImportSlot, last: Date, problems: Problems): boolean {
  if (slot.startsAt >= slot.endsAt) {
    problems.add(
      'slots',
      slot.row,
      `It ends at ${slot.endsAt.toISOString()}, not after its start at ${slot.startsAt.toISOString()}.`,
    )
    return false
  }
  if (slot.startsAt > last) {
    problems.add('slots', slot.row, `${slot.startsAt.toISOString()} is more than ${slotsAheadYearsMax} years ahead.`)
    return false
  }
  return true
}

function overlapMessage(slot: ImportSlot, otherId: string | null, rowOfSlot: Map<string, number>): string {
  const times = `${slot.startsAt.toISOString()} to ${slot.endsAt.toISOString()}`
  if (otherId === null) return `${times} overlaps an operation of the doctor.`
  const row = rowOfSlot.get(otherId)
  return `${times} overlaps ${row === undefined ? `the doctor's slot ${otherId}` : `row ${row}`}.`
}

/** Reports rows that are the same as an earlier row, or use its key. */
class FirstRows {
  readonly #list: ImportList
  readonly #problems: Problems
  readonly #rows = new Map<string, number>()

  constructor(list: ImportList, problems: Problems) {
    this.#list = list
    this.#problems = problems
  }

  isNew(item: { row: number; key: string | null }, identity: string, words: string): boolean {
    const uses = [{ name: `same ${identity}`, what: words }]
    if (item.key !== null) uses.push({ name: `key ${item.key}`, what: `the key ${quoted(item.key)}` })
    for (const { name, what } of uses) {
      const row = this.#rows.get(name)
      if (row !== undefined) {
        this.#problems.add(this.#list, item.row, `Row ${row} already has ${what}.`)
        return false
      }
      this.#rows.set(name, item.row)
    }
    return true
  }
}

/** Which of the texts are ids of rows that exist. */
async function existingIds(
  transaction: pg.PoolClient,
  table: 'clinic' | 'resource',
  texts: string[],
): Promise<Set<string>> {
  const ids = [...new Set(texts.filter(isId))]
  if (ids.length === 0) return new Set()
  const existing =
    table === 'clinic'
      ? sql`select id from holdfast.clinic where id = any(${ids}::uuid[])`
      : sql`
          select r.id from unnest(${ids}::uuid[]) i(id)
            join holdfast.resource r on r.clinic_no = holdfast.clinic_no_of(i.id) and r.id = i.id and r.kind = 'doctor'`
  const { rows } = await transaction.query<{ id: string }>(existing)
  return new Set(rows.map((row) => row.id))
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}

const byClinic = ([one]: [string | null, unknown], [other]: [string | null, unknown]) =>
  clinicNoOf(String(one)) - clinicNoOf(String(other))

/** All at once, in the order in which cases lock people: new slots lock the clinic's waitlist after their doctor. */
async function lockDoctors(transaction: pg.PoolClient, doctorIds: readonly (string | null)[]): Promise<void> {
  const ids = doctorIds.filter((id) => id !== null)
  await transaction.query(sql`
    select from holdfast.resource r
     where (r.clinic_no, r.id) in (select * from unnest(${ids.map(clinicNoOf)}::integer[], ${ids}::uuid[]))
     order by r.clinic_no, r.id for no key update`)
}
