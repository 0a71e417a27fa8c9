import { aBooking, aClinic, aDoctor, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aBand, dayAfter, fillAll, hoursOf } from '../../test/working-hours.ts'
import { inTransaction } from '../database/pools.ts'
import type { WorkingBand } from '../model/working-hours.ts'
import { replaceHours } from './replace-hours.ts'

// More than one step of fill_working_hours, of which one has at most 200 days.
const horizonDays = 210

async function aFillingDoctor(database: TestDatabase) {
  const clinic = await aClinic(database, { settings: { bookingHorizonDays: horizonDays } })
  const doctor = await aDoctor(database, clinic)
  const set = async (band: WorkingBand) => {
    await inTransaction(database.appPool, (transaction) => replaceHours(transaction, hoursOf(doctor, [band])))
    await fillAll(database, doctor.id)
  }
  return { doctor, set }
}

/** How many slots or sessions there are from ten in the evening to six, by night; the last night is left out. */
async function perNight(database: TestDatabase, table: 'slot' | 'open_session', doctorId: string) {
  const { rows } = await database.ownerPool.query<{ night: string; count: number }>(
    `select d.at::date::text as night, count(s.id)::int as count
       from generate_series($2::timestamp, $3::timestamp, interval '1 day') d(at)
       left join holdfast.${table} s
         on s.resource_id = $1 and s.withdrawn_at is null
        and s.starts_at at time zone 'UTC' >= d.at + interval '22 h'
        and s.starts_at at time zone 'UTC' < d.at + interval '30 h'
      group by d.at order by d.at`,
    [doctorId, dayAfter(1), dayAfter(horizonDays - 1)],
  )
  return rows
}

const nights = (rows: { count: number }[], count: number) => rows.filter((row) => row.count !== count)

test('slots of a band that begins on the evening before are created in each night', async ({ database }) => {
  const { doctor, set } = await aFillingDoctor(database)
  await set(aBand({ from: '00:00', to: '06:00', slotMinutes: 60 }))
  // At half past one: it stays, and the two slots that overlap it are not created.
  await set(aBand({ from: '00:30', to: '06:30', slotMinutes: 60 }))
  const { rows } = await database.ownerPool.query(
    `select id, starts_at as "startsAt", ends_at as "endsAt", capacity from holdfast.slot
      where resource_id = $1 and withdrawn_at is null and starts_at = $2`,
    [doctor.id, `${dayAfter(4)}T01:30Z`],
  )
  await aBooking(database, { ...rows[0], clinicNo: doctor.clinicNo, doctorId: doctor.id })
  await set(aBand({ from: '22:00', to: '06:00', slotMinutes: 60 }))
  expect(nights(await perNight(database, 'slot', doctor.id), 8)).toEqual([{ night: dayAfter(3), count: 7 }])
})

test('slots that both bands have are of the new one, also in the night after a step', async ({ database }) => {
  const { doctor, set } = await aFillingDoctor(database)
  await set(aBand({ from: '00:00', to: '06:00', slotMinutes: 60 }))
  const { rows: before } = await database.ownerPool.query<{ id: string }>(sql`
    select id from holdfast.slot where resource_id = ${doctor.id} and starts_at >= ${dayAfter(2)} order by id`)
  await set(aBand({ from: '22:00', to: '06:00', slotMinutes: 60 }))
  expect(nights(await perNight(database, 'slot', doctor.id), 8)).toEqual([])
  const { rows: after } = await database.ownerPool.query<{ id: string; withdrawn: boolean; rows: number }>(
    `select s.id, s.withdrawn_at is not null as withdrawn,
            (select count(*)::int from holdfast.band_day b where s.id = any (b.slot_ids)) as rows
       from holdfast.slot s where s.resource_id = $1 and s.id = any ($2) order by s.id`,
    [doctor.id, before.map(({ id }) => id)],
  )
  expect(after).toEqual(before.map(({ id }) => ({ id, withdrawn: false, rows: 1 })))
})

test('a session that begins on the evening before is opened in each night', async ({ database }) => {
  const { doctor, set } = await aFillingDoctor(database)
  await set(aBand({ from: '00:00', to: '06:00' }))
  await set(aBand({ from: '22:00', to: '06:00' }))
  expect(nights(await perNight(database, 'open_session', doctor.id), 1)).toEqual([])
})
