import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { runOnce } from '../answers/run-once.ts'
import type { Schema } from '../database/schema.ts'
import type { AppointmentType } from '../model/booking.ts'
import type { Directory } from '../model/directory.ts'
import type { Doctor, DoctorsQuery, NewDoctor } from '../model/doctor.ts'
import { clinicNoOf, isId, newId } from '../model/id.ts'
import { cursorOf } from '../reads/cursor.ts'
import { contains } from '../reads/search-text.ts'
import { type DoctorRow, doctorColumnsSql, doctorOf, firstFreeSql } from './doctor-row.ts'
import { soonestDoctors } from './soonest-doctors.ts'

const doctorCursor = cursorOf('doctors', ['name', 'id'])
/** The list of specializations has no pages. */
const specializationsMax = 1_000

/** The doctors of the directory: lists by name or by their next free time, and plain writes. Doctors are deactivated, never deleted. */
export function doctorsOf(
  db: Kysely<Schema>,
): Pick<Directory, 'doctors' | 'doctor' | 'createDoctor' | 'updateDoctor' | 'specializations'> {
  return {
    async doctors(query) {
      const { clinicId, sort, limit, cursor } = query
      if (clinicId !== null && !isId(clinicId)) return { items: [], nextCursor: null }
      const conditions = conditionsOf(query)
      if (sort === 'soonest') return soonestDoctors(db, { clinicId, conditions, limit, cursor })
      if (cursor !== null) {
        const [name, id] = doctorCursor.decode(cursor)
        conditions.push(sql`(r.name, r.id) > (${name}, ${id}::uuid)`)
      }
      const items = await selectDoctors(db, sql.join(conditions, sql` and `), limit + 1)
      const last = items[limit - 1]
      if (items.length <= limit || last === undefined) return { items, nextCursor: null }
      return { items: items.slice(0, limit), nextCursor: doctorCursor.encode(last.name, last.id) }
    },

    doctor: (doctorId) => selectDoctor(db, doctorId),

    createDoctor: (clinicNo, doctor, writeKey) =>
      runOnce(db, writeKey, (transaction) => insertDoctor(transaction, clinicNo, doctor)),

    updateDoctor: (doctorId, change) =>
      db.transaction().execute(async (transaction) => {
        if (!isId(doctorId)) return null
        const { numUpdatedRows } = await transaction
          .updateTable('resource')
          .set({ ...(await doctorColumns(transaction, change)), updated_at: sql<Date>`now()` })
          .where('clinic_no', '=', clinicNoOf(doctorId))
          .where('id', '=', doctorId)
          .where('kind', '=', 'doctor')
          .executeTakeFirstOrThrow()
        return numUpdatedRows === 0n ? null : selectDoctor(transaction, doctorId)
      }),

    async specializations() {
      const { rows } = await sql<{ name: string; doctors: number }>`
        select s.name, count(r.id)::integer as doctors
          from holdfast.specialization s
          left join holdfast.resource r on r.specialization = s.name and r.kind = 'doctor' and r.active
         group by s.name order by s.name limit ${specializationsMax}`.execute(db)
      return rows
    },
  }
}

/** What is asked of a doctor `r`, whatever the order. */
function conditionsOf(query: DoctorsQuery): RawBuilder<unknown>[] {
  const { clinicId, specialization, q, appointmentType, includeInactive } = query
  const conditions: RawBuilder<unknown>[] = [sql`r.kind = 'doctor'`]
  if (clinicId !== null) conditions.push(sql`r.clinic_no = ${clinicNoOf(clinicId)}`)
  if (specialization !== null) conditions.push(sql`r.specialization = ${specializationName(specialization)}`)
  if (appointmentType !== null) conditions.push(sql`${appointmentType} = any(r.appointment_types)`)
  if (!includeInactive) conditions.push(sql`r.active`)
  if (q !== null) conditions.push(contains("r.name || ' ' || r.specialization", q))
  return conditions
}

/** Makes an active doctor in a clinic that exists. A specialization is added to the list when it is first used. */
export async function insertDoctor(
  transaction: Transaction<Schema>,
  clinicNo: number,
  doctor: NewDoctor,
): Promise<Doctor> {
  const id = newId(clinicNo)
  const columns = await doctorColumns(transaction, doctor)
  await transaction
    .insertInto('resource')
    .values({ ...columns, name: doctor.name, clinic_no: clinicNo, id, kind: 'doctor' })
    .execute()
  const made = await selectDoctor(transaction, id)
  if (made === null) throw new Error(`The doctor ${id} is gone in its own transaction.`)
  return made
}

async function selectDoctor(db: Kysely<Schema>, doctorId: string): Promise<Doctor | null> {
  if (!isId(doctorId)) return null
  const named = sql`r.kind = 'doctor' and r.clinic_no = ${clinicNoOf(doctorId)} and r.id = ${doctorId}`
  const [doctor] = await selectDoctors(db, named, 1)
  return doctor ?? null
}

/** The next free slot is looked up for the rows of the page only, one short walk along the doctor's calendar each. */
async function selectDoctors(db: Kysely<Schema>, condition: RawBuilder<unknown>, limit: number): Promise<Doctor[]> {
  const { rows } = await sql<DoctorRow>`
    select ${sql.raw(doctorColumnsSql)}, n.starts_at as next_available_at
      from (select r.* from holdfast.resource r where ${condition} order by r.name, r.id limit ${limit}) r
      join holdfast.clinic c on c.no = r.clinic_no
      left join lateral (${sql.raw(firstFreeSql)}) n on true
     order by r.name, r.id`.execute(db)
  return rows.map(doctorOf)
}

type DoctorColumns = {
  name?: string
  specialization?: string
  experience_years?: number | null
  rating?: number | null
  languages?: string[]
  fee_amount?: number | null
  fee_currency?: string | null
  appointment_types?: AppointmentType[]
  active?: boolean
}

/** Only what is given; the specialization, trimmed, is put on the list if it is not there yet. */
async function doctorColumns(
  transaction: Transaction<Schema>,
  change: Partial<NewDoctor> & { active?: boolean },
): Promise<DoctorColumns> {
  const columns: DoctorColumns = {}
  if (change.name !== undefined) columns.name = change.name
  if (change.specialization !== undefined) {
    columns.specialization = specializationName(change.specialization)
    await transaction
      .insertInto('specialization')
      .values({ name: columns.specialization })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  if (change.experienceYears !== undefined) columns.experience_years = change.experienceYears
  if (change.rating !== undefined) columns.rating = change.rating
  if (change.languages !== undefined) columns.languages = change.languages
  if (change.fee !== undefined) {
    columns.fee_amount = change.fee?.amount ?? null
    columns.fee_currency = change.fee?.currency ?? null
  }
  if (change.appointmentTypes !== undefined) columns.appointment_types = change.appointmentTypes
  if (change.active !== undefined) columns.active = change.active
  return columns
}

/** `  Family   medicine ` and `Family medicine` are one. */
export function specializationName(text: string): string {
  return text.trim().replace(/\s+/g, ' ')
}
