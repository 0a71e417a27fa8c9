import { aBooking, aClinic, aDoctor, aSlot, type BuiltClinic, checkHistory, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { verify } from '../verify/verify.ts'
import { eraseOutdated } from './erase-outdated.ts'
import { finishErasures } from './finish-erasures.ts'

const daysMs = 86_400_000
const daysAgo = (days: number) => new Date(Date.now() - days * daysMs)

const keepFor = (database: TestDatabase, clinic: BuiltClinic, months: number) =>
  database.ownerPool.query('update holdfast.clinic set patient_data_months = $2 where no = $1', [clinic.no, months])

const left = async (database: TestDatabase, clinic: BuiltClinic) =>
  (
    await database.ownerPool.query(sql`select patient->>'name' as name from holdfast.booking
        where clinic_no = ${clinic.no} and erased_at is null order by 1`)
  ).rows.map(({ name }) => name)

async function aClinicWithHistory(database: TestDatabase): Promise<BuiltClinic> {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  for (const days of [400, 100, 93, 89, 1, -10]) {
    const slot = await aSlot(database, doctor, { startsAt: daysAgo(days), capacity: 5 })
    await aBooking(database, slot, { patient: { name: `booked ${days}` } })
    await aBooking(database, slot, { status: 'CANCELLED', patient: { name: `cancelled ${days}` } })
  }
  return clinic
}

test('patients are erased after the clinic’s months, those of other clinics stay', async ({ database }) => {
  const clinic = await aClinicWithHistory(database)
  const other = await aClinicWithHistory(database)
  expect(await eraseOutdated(database.appPool)).toBe(0)
  await keepFor(database, clinic, 3)
  expect(await eraseOutdated(database.appPool)).toBe(6)
  expect(await left(database, clinic)).toEqual(
    ['booked -10', 'booked 1', 'booked 89', 'cancelled -10', 'cancelled 1', 'cancelled 89'].sort(),
  )
  expect(await left(database, other)).toHaveLength(12)
  expect(await eraseOutdated(database.appPool)).toBe(0)
  // A shorter time applies from the next run on.
  await keepFor(database, clinic, 1)
  expect(await eraseOutdated(database.appPool)).toBe(2)
  const { rows } = await database.ownerPool.query(`select clinic_no, kind, actor_kind, subject_id, details
      from holdfast.audit_event order by at`)
  const recorded = { clinic_no: clinic.no, kind: 'patients_erased', actor_kind: 'system', subject_id: null }
  expect(rows).toEqual(['6', '2'].map((count) => ({ ...recorded, details: [count, 'retention'] })))
  expect((await verify(database.appPool, { clinicNo: null, detailsMax: 10 })).details).toEqual([])
  expect(await checkHistory(database)).toEqual([])
})

test('many servers at once erase each booking once, and nothing is left after the next run', async ({ database }) => {
  const clinic = await aClinicWithHistory(database)
  await keepFor(database, clinic, 3)
  const counts = await Promise.all(Array.from({ length: 6 }, () => eraseOutdated(database.appPool)))
  const rest = await eraseOutdated(database.appPool)
  expect(counts.reduce((sum, count) => sum + count, 0) + rest).toBe(6)
  const { rows } = await database.ownerPool.query(`select count(*) as events, count(distinct booking_id) as bookings
      from holdfast.booking_event where type = 'erased'`)
  expect(rows).toEqual([{ events: 6, bookings: 6 }])
})

test('small batches reach all bookings, also where many slots begin at once, or of one slot', async ({ database }) => {
  const clinic = await aClinic(database)
  const startsAt = daysAgo(100)
  for (let index = 0; index < 5; index += 1) {
    await aBooking(database, await aSlot(database, await aDoctor(database, clinic), { startsAt }))
  }
  const large = await aSlot(database, await aDoctor(database, clinic), { startsAt, capacity: 2_100 })
  // There are as many as three calls erase.
  await database.ownerPool.query(
    `with made as (
       insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, appointment_type, patient,
         created_at, updated_at)
       select clinic_no, overlay(id::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, slot_id, resource_id, 1,
              'CANCELLED', 'in_person', '{"name": "Ada"}', now(), now()
         from (select $1::int as clinic_no, $2::uuid as id, $3::uuid as slot_id, $4::uuid as resource_id) one,
              generate_series(1, 2100) n
       returning *)
     insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
     select clinic_no, id, 1, created_at, 'confirmed', slot_id, resource_id, 1 from made`,
    [clinic.no, large.id, large.id, large.doctorId],
  )
  await keepFor(database, clinic, 3)
  expect(await eraseOutdated(database.appPool)).toBe(2_105)
  const call = () => database.appPool.query('select * from holdfast.erase_outdated($1, 2)', [clinic.no])
  await database.ownerPool.query('delete from holdfast.retention_progress')
  const calls = []
  for (let isDone = false; !isDone; ) {
    const { rows } = await call()
    isDone = rows[0].is_done
    calls.push(rows[0])
  }
  // Six slots, two at a time, and one call that finds no more.
  expect(calls).toHaveLength(4)
  expect(calls.every(({ erased }) => erased === 0)).toBe(true)
})

test('a clinic that cannot be erased does not hold up the next one, and is reported', async ({ database }) => {
  const [first, second] = [await aClinicWithHistory(database), await aClinicWithHistory(database)]
  for (const clinic of [first, second]) await keepFor(database, clinic, 3)
  await database.ownerPool.query(
    `alter table holdfast.erased_booking add constraint planted check (clinic_no <> ${first.no})`,
  )
  await expect(eraseOutdated(database.appPool)).rejects.toThrow('Patients of 1 of 2 clinics were not erased.')
  expect(await left(database, first)).toHaveLength(12)
  expect(await left(database, second)).toHaveLength(6)
  await database.ownerPool.query('alter table holdfast.erased_booking drop constraint planted')
  expect(await eraseOutdated(database.appPool)).toBe(6)
})

test('of bookings it reads those of its slots, however many the clinic has', async ({ database }) => {
  const clinic = await aClinicWithHistory(database)
  const coming = await aSlot(database, await aDoctor(database, clinic), { startsAt: daysAgo(-20), capacity: 5_000 })
  await database.ownerPool.query(
    `insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, appointment_type, patient,
       created_at, updated_at)
     select $1::int, overlay($2::text placing lpad(to_hex(n), 12, '0') from 25)::uuid, $2::uuid, $3::uuid, 1,
            'CONFIRMED', 'in_person', '{"name": "Ada"}', now(), now() from generate_series(1, 5000) n`,
    [clinic.no, coming.id, coming.doctorId],
  )
  await database.ownerPool.query('analyze')
  await keepFor(database, clinic, 3)
  const rowsReadBy = async (statement: string) => {
    const client = await database.ownerPool.connect()
    try {
      await client.query('begin')
      await client.query(statement, [clinic.no])
      const { rows } = await client.query(`
        select sum(seq_tup_read + idx_tup_fetch)::int as read from pg_stat_xact_user_tables
         where relid in (select inhrelid from pg_inherits where inhparent = 'holdfast.booking'::regclass)`)
      return rows[0].read
    } finally {
      await client.query('rollback')
      client.release()
    }
  }
  expect(await rowsReadBy('select * from holdfast.erase_outdated($1, 200)')).toBeLessThan(500)
})

test('an aborted run stops between two transactions', async ({ database }) => {
  const clinic = await aClinicWithHistory(database)
  await keepFor(database, clinic, 3)
  expect(await eraseOutdated(database.appPool, AbortSignal.abort())).toBe(0)
  expect(await finishErasures(database.appPool, AbortSignal.abort())).toBe(0)
  expect(await eraseOutdated(database.appPool)).toBe(6)
})

test.for([
  'select * from holdfast.erase_outdated(1, 0)',
  'select * from holdfast.erase_outdated(1, 1001)',
  'select holdfast.finish_erasures(0)',
  'select holdfast.finish_erasures(10001)',
])('%s is refused', async (statement, { database }) => {
  await expect(database.appPool.query(statement)).rejects.toMatchObject({ code: '22023' })
})
