import { aBooking, aClinic, aDoctor, aSlot, type BuiltBooking, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'

const bookings = 12_000
/** With nested loops, verify takes more than four times as long: it compares each key with each booking. */
const millisecondsMax = 10_000

/** Copies of a booking, each with its event and its key. */
async function copied({ ownerPool }: TestDatabase, { clinicNo, id }: BuiltBooking): Promise<void> {
  await ownerPool.query(
    `with copy as materialized (
       select holdfast.new_id($1::integer, now()) as id from generate_series(1, $3::integer)
     ), booked as (
       insert into holdfast.booking
       select c.* from copy, holdfast.booking b,
              jsonb_populate_record(b, jsonb_build_object('id', copy.id)) c
        where b.clinic_no = $1 and b.id = $2
     ), logged as (
       insert into holdfast.booking_event
       select c.* from copy, holdfast.booking_event e,
              jsonb_populate_record(e, jsonb_build_object('booking_id', copy.id)) c
        where e.clinic_no = $1 and e.booking_id = $2
     )
     insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
     select $1, gen_random_uuid(), gen_random_uuid(), copy.id, now() from copy`,
    [clinicNo, id, bookings],
  )
}

test('a clinic whose bookings are newer than the statistics is verified in seconds', async ({ database }) => {
  const aClinicWithBookings = async () => {
    const booking = await aBooking(database, await aSlot(database, await aDoctor(database, await aClinic(database))))
    await copied(database, booking)
    return booking
  }
  await aClinicWithBookings()
  await database.ownerPool.query('analyze')
  const { clinicNo } = await aClinicWithBookings()
  const client = await database.ownerPool.connect()
  try {
    await client.query(`set statement_timeout = ${millisecondsMax}`)
    const { rows } = await client.query('select bookings::integer from holdfast.verify_clinic($1, 0)', [clinicNo])
    expect(rows).toEqual([{ bookings: bookings + 1 }])
  } finally {
    client.release(true)
  }
})
