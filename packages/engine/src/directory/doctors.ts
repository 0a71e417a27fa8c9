import type pg from 'pg'
import sql, { join, type Sql } from 'sql-template-tag'
import { removeBusyCalendar } from '../calendars/read-busy-calendars.ts'
import { type AnnouncedTransaction, announceRepeat } from '../database/announced-transaction.ts'
import { assignments, type Columns, insertion } from '../database/columns-sql.ts'
import { externalIdsValue, hasExternalId } from '../database/external-ids.ts'
import { isHere, oneShard, placedRowsOf, rowsOf, type ShardPools } from '../database/shard-pools.ts'
import { cursorOf } from '../lists/cursor.ts'
import { firstRows } from '../lists/first-rows.ts'
import { pageOf } from '../lists/page.ts'
import type { Announce } from '../model/committed.ts'
import type { Directory } from '../model/directory.ts'
import type { Doctor, DoctorsQuery, NewDoctor } from '../model/doctor.ts'
import { clinicNoOf, isId, newId } from '../model/id.ts'
import type { Page } from '../model/page.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { type DoctorRow, doctorOf, selectedDoctor } from './doctor-row.ts'
import { correctedCondition, searchCondition, specializationNames, specializationsMax } from './doctor-search.ts'
import { soonestDoctors } from './soonest-doctors.ts'
import { localNamesOf, sameSpecializations } from './specialization-terms.ts'

const doctorCursor = cursorOf('doctors', ['name', 'id'])

/**
 * The doctors of the directory: lists by name or by their next free time, and plain writes. Doctors are deactivated,
 * never deleted.
 */
export function doctorsOf(
  shards: ShardPools,
  write: AnnouncedTransaction,
  announce: Announce,
): Pick<Directory, 'doctors' | 'doctor' | 'createDoctor' | 'updateDoctor' | 'specializations'> {
  return {
    async doctors(query) {
      const { clinicId, q } = query
      if (clinicId !== null && !isId(clinicId)) return { items: [], nextCursor: null }
      const listed = clinicId === null ? shards : oneShard(await shards.of(clinicNoOf(clinicId)))
      const pools = listed.all()
      const conditions = await conditionsOf(pools, query)
      if (q === null) return pageOfDoctors(listed, query, conditions)
      const found = await pageOfDoctors(listed, query, [...conditions, await searchCondition(pools, q)])
      if (found.items.length > 0) return found
      // Also the later pages of a corrected search come here: without the correction they are empty.
      const corrected = await correctedCondition(pools, q, conditions)
      return corrected === null ? found : pageOfDoctors(listed, query, [...conditions, corrected])
    },

    async doctor(doctorId) {
      return isId(doctorId) ? selectDoctor(await shards.of(clinicNoOf(doctorId)), doctorId) : null
    },

    async createDoctor(clinicNo, doctor, writeKey) {
      const outcome = await write((transaction) =>
        runOnce(transaction, { writeKey, clinicNo }, () => insertDoctor(transaction, clinicNo, doctor)),
      )
      if (outcome.kind === 'replayed') announceRepeat(announce, { doctorIds: [outcome.value.id] })
      return outcome
    },

    updateDoctor: (doctorId, change) =>
      write(async (transaction) => {
        if (!isId(doctorId)) return null
        const columns = { ...(await doctorColumns(transaction, change)), updated_at: sql`now()` }
        const wasActive = await lockedActive(transaction, doctorId)
        if (wasActive === null) return null
        await transaction.query(sql`
          update holdfast.resource set ${assignments(columns)}
           where clinic_no = ${clinicNoOf(doctorId)} and id = ${doctorId} and kind = 'doctor'`)
        if (change.active === false) {
          // First: it locks all slots, and nothing may be locked after the waitlist.
          await transaction.query(sql`select holdfast.stop_offers(${clinicNoOf(doctorId)}, ${doctorId}::uuid)`)
          // Nobody books there any more, and the doctor may have left.
          await removeBusyCalendar(transaction, { clinicNo: clinicNoOf(doctorId), doctorId })
        }
        // Patients who wait come first. If the doctor was active already, what is free could be booked before.
        if (change.active === true && !wasActive) {
          await transaction.query(sql`select holdfast.offer_public_places(${clinicNoOf(doctorId)}, ${doctorId}::uuid)`)
        }
        return selectDoctor(transaction, doctorId)
      }),

    async specializations() {
      const rows = await specializationsOf(shards.all())
      return rows.map(({ name, doctors }) => ({ name, names: localNamesOf(name), doctors }))
    },
  }
}

type Specialization = { name: string; doctors: number }

async function specializationsOf(pools: readonly pg.Pool[]): Promise<Specialization[]> {
  const rows = await rowsOf(pools, async (pool) => {
    const found = await pool.query<Specialization>(sql`
      select s.name, count(r.id)::integer as doctors
        from holdfast.specialization s
        left join holdfast.resource r on r.specialization = s.name and r.kind = 'doctor' and r.active
       group by s.name order by s.name limit ${specializationsMax}`)
    return found.rows
  })
  const [pool] = pools
  if (pool === undefined || pools.length === 1) return rows
  const counts = new Map<string, number>()
  for (const { name, doctors } of rows) counts.set(name, (counts.get(name) ?? 0) + doctors)
  const merged = [...counts].map(([name, doctors]) => ({ name, doctors }))
  return firstRows(pool, merged, specializationsMax)
}

async function pageOfDoctors(
  shards: ShardPools,
  query: DoctorsQuery,
  conditions: readonly Sql[],
): Promise<Page<Doctor>> {
  const { clinicId, sort, limit, cursor } = query
  if (sort === 'soonest') return soonestDoctors(shards, { clinicId, conditions, limit, cursor })
  const wanted = [...conditions]
  if (cursor !== null) {
    const [name, id] = doctorCursor.decode(cursor)
    wanted.push(sql`(r.name, r.id) > (${name}, ${id}::uuid)`)
  }
  const condition = join(wanted, ' and ')
  const found = await placedRowsOf(shards, (pool, elsewhereNos) =>
    selectDoctors(pool, sql`${condition} and ${isHere(sql`r.clinic_no`, elsewhereNos)}`, limit + 1),
  )
  const pools = shards.all()
  const [pool] = pools
  const rows = pool === undefined || pools.length === 1 ? found : await firstRows(pool, found, limit + 1)
  return pageOf(rows, limit, doctorOf, (last) => doctorCursor.encode(last.name, last.id))
}

/** The conditions on a doctor `r` beside the search text, for any order. */
async function conditionsOf(pools: readonly pg.Pool[], query: DoctorsQuery): Promise<Sql[]> {
  const { clinicId, specialization, appointmentType, externalId = null, includeInactive } = query
  const conditions = [sql`r.kind = 'doctor'`]
  if (clinicId !== null) conditions.push(sql`r.clinic_no = ${clinicNoOf(clinicId)}`)
  if (specialization !== null) {
    const same = sameSpecializations(specializationName(specialization), await specializationNames(pools))
    conditions.push(sql`r.specialization = any(${same}::text[])`)
  }
  if (appointmentType !== null) conditions.push(sql`${appointmentType} = any(r.appointment_types)`)
  if (externalId !== null) conditions.push(hasExternalId('doctor', sql`r`, externalId))
  if (!includeInactive) conditions.push(sql`r.active`)
  return conditions
}

/** Inserts an active doctor in a clinic that exists. A specialization is added to the list when it is first used. */
export async function insertDoctor(transaction: pg.PoolClient, clinicNo: number, doctor: NewDoctor): Promise<Doctor> {
  const id = newId(clinicNo)
  const columns = { clinic_no: clinicNo, id, kind: 'doctor', ...(await doctorColumns(transaction, doctor)) }
  await transaction.query(sql`insert into holdfast.resource ${insertion(columns)}`)
  const inserted = await selectDoctor(transaction, id)
  if (inserted === null) throw new Error(`The doctor ${id} was not found in the transaction that inserted it.`)
  return inserted
}

/** Whether the doctor is active, who does not change until the transaction ends; null: there is no such doctor. */
async function lockedActive(transaction: pg.PoolClient, doctorId: string): Promise<boolean | null> {
  const { rows } = await transaction.query<{ active: boolean }>(sql`
    select r.active from holdfast.resource r
     where r.clinic_no = ${clinicNoOf(doctorId)} and r.id = ${doctorId} and r.kind = 'doctor' for no key update`)
  return rows[0]?.active ?? null
}

async function selectDoctor(connection: pg.Pool | pg.PoolClient, doctorId: string): Promise<Doctor | null> {
  if (!isId(doctorId)) return null
  const named = sql`r.kind = 'doctor' and r.clinic_no = ${clinicNoOf(doctorId)} and r.id = ${doctorId}`
  const [doctor] = await selectDoctors(connection, named, 1)
  return doctor === undefined ? null : doctorOf(doctor)
}

async function selectDoctors(connection: pg.Pool | pg.PoolClient, condition: Sql, limit: number): Promise<DoctorRow[]> {
  const { rows } = await connection.query<DoctorRow>(sql`
    select ${selectedDoctor}
      from (select r.* from holdfast.resource r where ${condition} order by r.name, r.id limit ${limit}) r
      join holdfast.clinic c on c.no = r.clinic_no
     order by r.name, r.id`)
  return rows
}

/** Fields that are not set are left out. The specialization, trimmed, is added to the list if it is new. */
async function doctorColumns(
  transaction: pg.PoolClient,
  doctor: Partial<NewDoctor> & { active?: boolean },
): Promise<Columns> {
  const { name, experienceYears, rating, languages, fee, appointmentTypes, externalIds, active } = doctor
  const specialization = doctor.specialization === undefined ? undefined : specializationName(doctor.specialization)
  if (specialization !== undefined) {
    await transaction.query(
      sql`insert into holdfast.specialization (name) values (${specialization}) on conflict do nothing`,
    )
  }
  return {
    name,
    specialization,
    experience_years: experienceYears,
    rating,
    languages,
    fee_amount: fee === null ? null : fee?.amount,
    fee_currency: fee === null ? null : fee?.currency,
    appointment_types: appointmentTypes,
    external_ids: externalIdsValue(externalIds),
    active,
  }
}

/** Normalizes spaces: `  Family   medicine ` and `Family medicine` are the same specialization. */
export function specializationName(text: string): string {
  return text.trim().replace(/\s+/g, ' ')
}
