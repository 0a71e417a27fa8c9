import { aBooking, aClaim, aClinic, aDoctor, aSlot, type BuiltSlot, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import { newId } from '../model/id.ts'

const others = 20_000

/** A booking with its key and an origin, among those of many other bookings of its clinic. */
async function aBookingAmongMany(database: TestDatabase): Promise<{ slot: BuiltSlot; bookingId: string }> {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const claim = aClaim(slot, { bookingId: newId(slot.clinicNo) })
  expect(await runClaimBatch(database.appPool, [claim])).toMatchObject([{ outcome: { kind: 'booked' } }])
  const { clinicNo } = slot
  await database.ownerPool.query(sql`insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
      values (${clinicNo}, gen_random_uuid(), ${claim.bookingId}, 'address', now())`)
  const ids = Array.from({ length: others }, () => newId(clinicNo))
  await database.ownerPool.query(sql`
    insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
     select ${clinicNo}, gen_random_uuid(), gen_random_uuid(), i.id, now() from unnest(${ids}::uuid[]) i(id)`)
  await database.ownerPool.query(sql`insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
      select ${clinicNo}, gen_random_uuid(), i.id, 'address', now() from unnest(${ids}::uuid[]) i(id)`)
  await database.ownerPool.query('analyze holdfast.idempotency, holdfast.booking_origin')
  return { slot, bookingId: claim.bookingId }
}

/** How many pages of the two tables and their indexes a statement reads. They have more than 100 pages each. */
async function pagesReadBy(database: TestDatabase, statement: string, values: unknown[]): Promise<number> {
  const client = await database.ownerPool.connect()
  const fetched = async () => {
    const { rows } = await client.query<{ pages: number }>(`select (sum(pg_stat_get_xact_blocks_fetched(t.oid))
              + sum((select sum(pg_stat_get_xact_blocks_fetched(i.indexrelid))
                       from pg_index i where i.indrelid = t.oid)))::integer as pages
        from (values ('holdfast.idempotency'::regclass), ('holdfast.booking_origin'::regclass)) t(oid)`)
    return rows[0]?.pages ?? Number.NaN
  }
  try {
    await client.query('begin')
    const before = await fetched()
    await client.query(statement, values)
    return (await fetched()) - before
  } finally {
    await client.query('rollback')
    client.release()
  }
}

const pagesMax = 60

test('an erasure finds keys and origins of bookings by their indexes', async ({ database }) => {
  const { bookingId } = await aBookingAmongMany(database)
  const statement = 'select holdfast.delete_copies_of_patients(array[$1::uuid])'
  expect(await pagesReadBy(database, statement, [bookingId])).toBeLessThan(pagesMax)
})

test('an archive looks for the keys of its bookings by the index', async ({ database }) => {
  await aBookingAmongMany(database)
  const startsAt = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 8, 15, 9))
  const old = await aSlot(database, await aDoctor(database, await aClinic(database)), { startsAt })
  await aBooking(database, old, { status: 'COMPLETED', createdAt: new Date(startsAt.getTime() - 86_400_000) })
  const statement = `select holdfast.archive_slots($1, date_trunc('month', $2::timestamptz)::date, now(), 10)`
  expect(await pagesReadBy(database, statement, [old.clinicNo, startsAt])).toBeLessThan(pagesMax)
})

test.for([
  ['keys', 'idempotency_booking'],
  ['origins', 'booking_origin_booking'],
])('negative control: without its index, it reads all %s', async ([, index], { database }) => {
  const { bookingId } = await aBookingAmongMany(database)
  await database.ownerPool.query(`drop index holdfast.${index}`)
  const statement = 'select holdfast.delete_copies_of_patients(array[$1::uuid])'
  expect(await pagesReadBy(database, statement, [bookingId])).toBeGreaterThan(pagesMax)
})

test('retention deletes the oldest keys and origins by the same indexes', async ({ database }) => {
  await aBookingAmongMany(database)
  expect(await pagesReadBy(database, 'select holdfast.purge_outdated(5000)', [])).toBeLessThan(pagesMax)
})
