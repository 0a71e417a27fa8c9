import { aBooking, aClinic, aDoctor, type BuiltSlot, createEmptyDatabase } from '@holdfast/testkit'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPool } from '../database/pools.ts'
import { newId } from '../model/id.ts'
import { verify } from '../verify/verify.ts'
import { migrate } from './migrate.ts'
import { readSqlFiles, type SqlFiles } from './sql-files.ts'

let database: Awaited<ReturnType<typeof createEmptyDatabase>>
let owner: pg.Pool

beforeAll(async () => {
  database = await createEmptyDatabase()
  owner = createPool({ url: database.ownerUrl, max: 4, name: 'test owner' })
})
afterAll(async () => {
  await owner.end()
  await database.drop()
})

/** The schema before version 3, with the functions that builders need, and no grants: those name newer columns. */
async function schemaBeforeLinks(): Promise<SqlFiles> {
  const files = await readSqlFiles()
  return {
    ...files,
    release: '0.0.1',
    grants: 'select 1',
    migrations: files.migrations.filter(({ version }) => version < 3),
    functions: files.functions
      .filter(({ name }) =>
        ['bound_recent_ids', 'bound_recent_log', 'ensure_partitions', 'id_floor', 'recent_ids'].includes(name),
      )
      // Its columns came with later versions.
      .map((file) => ({
        ...file,
        text: file.text.replace(/ {4}execute format\(case[^;]*set statistics 0[^;]*;\n/, ''),
      })),
  }
}

/** As the functions of that schema wrote it: builders write columns of newer ones. */
async function aCompletedBooking(slot: BuiltSlot): Promise<{ id: string }> {
  const id = newId(slot.clinicNo)
  const values = [slot.clinicNo, id, slot.id, slot.doctorId]
  await owner.query(
    `with booked as (
       insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, appointment_type, patient,
         version, created_at, updated_at)
       values ($1, $2, $3, $4, 1, 'COMPLETED', 'in_person', '{"name": "Patient"}', 3, now(), now())
     ), counted as (
       update holdfast.slot set taken = taken + 1 where clinic_no = $1 and id = $3
     )
     insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
     select $1, $2, version, now(), type, $3, $4, 1
       from unnest(array['confirmed', 'arrived', 'completed']) with ordinality event (type, version)`,
    values,
  )
  return { id }
}

test('the new checks of events can be added to a log in use, and an older server can still write', async () => {
  await migrate({ ownerUrl: database.ownerUrl, files: await schemaBeforeLinks() })
  const doctor = await aDoctor({ ownerPool: owner }, await aClinic({ ownerPool: owner }, { quietHours: null }))
  const startsAt = new Date(Date.now() + 86_400_000)
  const times = { startsAt, endsAt: new Date(startsAt.getTime() + 900_000) }
  const slot = { ...times, id: newId(doctor.clinicNo), clinicNo: doctor.clinicNo, doctorId: doctor.id, capacity: 9 }
  // By this schema, which has fewer columns than the builder writes.
  await owner.query(
    `insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity)
     values ($1, $2, $3, $4, $5, $6)`,
    [slot.clinicNo, slot.id, doctor.id, slot.startsAt, slot.endsAt, slot.capacity],
  )
  const before = await aCompletedBooking(slot)
  const { applied } = await migrate({ ownerUrl: database.ownerUrl })
  expect(applied[0]).toBe('0003-linked-and-reopened')
  // Like the functions of an older server, builders do not set the status.
  await aBooking({ ownerPool: owner }, slot, { status: 'NO_SHOW' })
  expect(await verify(owner, { clinicNo: null, detailsMax: 10 })).toMatchObject({ bookings: 2, events: 6, details: [] })
  const checks = await owner.query(
    `select distinct conname, convalidated from pg_constraint
      where conrelid in (select relid from pg_partition_tree('holdfast.booking_event'))
        and conname = 'booking_event_is_valid'`,
  )
  expect(checks.rows).toEqual([{ conname: 'booking_event_is_valid', convalidated: true }])
  const planted = owner.query(`update holdfast.booking_event set type = 'planted' where booking_id = $1`, [before.id])
  await expect(planted).rejects.toThrow('booking_event_is_valid')
})
