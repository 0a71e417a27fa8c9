import { clinicNoOf } from '@holdfast/engine'
import type { Calendar } from './contender.ts'
import type { OurCalendars } from './our-calendar.ts'

const perSlot = 10
const slotsPerDoctor = 1_000
const chunk = 200_000
/** Keys are stored for a day: the table never has those of ten million bookings. */
const keysMax = 1_000_000

/** Slots in the past, all of them full, a quarter of an hour each. */
const insertSlots = `
  insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, taken, created_at, digest)
  select $1::integer, s.id, $2::uuid, s.starts_at, s.ends_at, ${perSlot}, ${perSlot}, now() - interval '30 days',
         holdfast.slot_digest(s.id, $2::uuid, s.starts_at, s.ends_at, ${perSlot}, null, null)
    from (select pg_temp.bench_id($1::integer, now() - interval '30 days' + n * interval '1 ms') as id,
                 now() - (n + 1) * interval '15 minutes' as starts_at, now() - n * interval '15 minutes' as ends_at
            from generate_series(1, $3::integer) n offset 0) s
  returning id`

/** An id of a given time (48 bits of milliseconds, version 8, the clinic's number, 50 random bits; decision 0003). */
const idFunction = `
  create or replace function pg_temp.bench_id(p_clinic_no integer, p_at timestamptz) returns uuid
  language sql volatile as $$
    select (lpad(to_hex((extract(epoch from p_at) * 1000)::bigint), 12, '0') || '8'
      || lpad(to_hex(p_clinic_no >> 12), 3, '0')
      || lpad(to_hex(32768 | ((p_clinic_no & 4095) << 2) | floor(random() * 4)::integer), 4, '0')
      || lpad(to_hex(floor(random() * 281474976710656)::bigint), 12, '0'))::uuid
  $$`

/** Bookings of the last three weeks with their events and keys, for the slots numbered $2 to $3 of the list. */
const insertBookings = `
  with booked as materialized (
    select b.slot_id, b.resource_id, b.at, pg_temp.bench_id($1::integer, b.at) as id
      from (select h.slot_id, h.resource_id,
                   now() - interval '18 days' * (1 - (h.n * ${perSlot} + k)::float8 / ($4::float8 * ${perSlot})) as at
              from bench_slot h cross join generate_series(0, ${perSlot} - 1) k
             where h.n between $2::integer and $3::integer) b
     order by b.at
  ), logged as (
    insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units,
                                        booking_digest)
    select $1::integer, id, 1, at, 'confirmed', slot_id, resource_id, 1,
           holdfast.booking_digest(null, 'in_person', '{"name": "Past Patient"}', null, null)
      from booked
  ), keyed as (
    insert into holdfast.idempotency (clinic_no, key, request_hash, booking_id, created_at)
    select $1::integer, gen_random_uuid(), gen_random_uuid(), id, at from booked where $5::boolean
  )
  insert into holdfast.booking (clinic_no, id, slot_id, resource_id, units, status, appointment_type, patient,
                                created_at, updated_at)
  select $1::integer, id, slot_id, resource_id, 1, 'CONFIRMED', 'in_person', '{"name": "Past Patient"}', at, at
    from booked`

/**
 * Inserts `count` past bookings by SQL, with their slots, events and keys, as if a clinic had been open for weeks.
 * `verify` must find nothing wrong with them.
 */
export async function loadHistory(
  { make, pool }: OurCalendars,
  count: number,
  say: (line: string) => void,
): Promise<Calendar> {
  const slots = Math.ceil(count / perSlot)
  const doctors = Math.ceil(slots / slotsPerDoctor)
  const calendar = await make({ doctors, slotsPerDoctor: 1, units: doctors })
  const clinicNo = clinicNoOf(calendar.slotIds[0] ?? '')
  const client = await pool.connect()
  try {
    await client.query(idFunction)
    await client.query('create temporary table bench_slot (n integer primary key, slot_id uuid, resource_id uuid)')
    let created = 0
    for (const doctorId of calendar.doctorIds) {
      const some = Math.min(slotsPerDoctor, slots - created)
      await client.query(
        `with created as (${insertSlots})
         insert into bench_slot select $4::integer + row_number() over (), id, $2::uuid from created`,
        [clinicNo, doctorId, some, created],
      )
      created += some
    }
    await client.query('analyze bench_slot')
    const slotsPerChunk = chunk / perSlot
    for (let first = 1; first <= slots; first += slotsPerChunk) {
      const last = Math.min(slots, first + slotsPerChunk - 1)
      await client.query(insertBookings, [clinicNo, first, last, slots, (slots - first) * perSlot < keysMax])
      if (slots > slotsPerChunk) say(`  ${last * perSlot} of ${count} bookings are loaded`)
    }
    await client.query('vacuum (analyze) holdfast.booking, holdfast.booking_event, holdfast.idempotency, holdfast.slot')
  } finally {
    client.release(true)
  }
  return calendar
}
