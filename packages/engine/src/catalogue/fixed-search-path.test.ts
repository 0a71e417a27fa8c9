// Completeness: a function of the engine has no fixed search_path
import { aBooking, aSlot } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'

/**
 * Names that a function would find in the session's temporary schema if its search_path were not fixed. To be rolled
 * back: behind a pooler, others use the session afterwards.
 */
const shadows = `
  create temp table slot as select * from holdfast.slot;
  update slot set capacity = 1000000, taken = 0;
  create temp table booking as select * from holdfast.booking;
  create temp table booking_event as select * from holdfast.booking_event;
  create temp table idempotency as select * from holdfast.idempotency;
  create temp table clinic as select * from holdfast.clinic;
  create temp table resource as select * from holdfast.resource;
  grant all on slot, booking, booking_event, idempotency, clinic, resource to public;
  set search_path = pg_temp, public;`

test('tables of the same names in its temporary schema deceive no function', async ({ database, doctor }) => {
  const [full, slot] = [await aSlot(database, doctor), await aSlot(database, doctor, { capacity: 5 })]
  await aBooking(database, full)
  const claimAlone = (slotId: string) => `select outcome from holdfast.claim_slot(${doctor.clinicNo}, '${slotId}',
    '${newId(doctor.clinicNo)}', 1, gen_random_uuid(), gen_random_uuid(), true, null, null, null, '{}', null)`
  const claim = (
    slotId: string,
  ) => `select unnest(outcomes) as outcome from holdfast.claim_slots(array[${doctor.clinicNo}],
    array['${slotId}']::uuid[],
    array['${newId(doctor.clinicNo)}']::uuid[], array[1], array[gen_random_uuid()], array[gen_random_uuid()],
    array[true], array[null]::uuid[], array[null]::uuid[], array[null]::text[], array['{}']::jsonb[],
      array[null]::text[])`
  const client = await database.appPool.connect()
  try {
    await client.query(`begin; ${shadows}`)
    expect((await client.query(claim(full.id))).rows).toEqual([{ outcome: 'slot_full' }])
    expect((await client.query(claim(slot.id))).rows).toEqual([{ outcome: 'booked' }])
    expect((await client.query(claimAlone(full.id))).rows).toEqual([{ outcome: 'slot_full' }])
    expect((await client.query(claimAlone(slot.id))).rows).toEqual([{ outcome: 'booked' }])
    expect((await client.query('select taken from holdfast.slot where id = $1', [slot.id])).rows).toEqual([
      { taken: 2 },
    ])
  } finally {
    await client.query('rollback')
    client.release(true)
  }
})

test('negative control: a function without a fixed search_path is deceived', async ({ database }) => {
  const naive = (fixed: string) => `create or replace function holdfast.planted() returns bigint language plpgsql
    security definer ${fixed} as $$ begin return (select sum(capacity) from slot); end $$;
    grant execute on function holdfast.planted() to holdfast_app`
  const seen = async () => {
    const client = await database.appPool.connect()
    try {
      await client.query(`begin; ${shadows}`)
      const { rows } = await client.query<{ sum: number }>('select holdfast.planted() as sum')
      return rows[0]?.sum ?? 0
    } finally {
      await client.query('rollback')
      client.release(true)
    }
  }
  await database.ownerPool.query(naive(''))
  expect(await seen()).toBeGreaterThanOrEqual(1_000_000)
  await database.ownerPool.query(naive('set search_path = holdfast, pg_catalog, pg_temp'))
  expect(await seen()).toBeLessThan(1_000_000)
  await database.ownerPool.query('drop function holdfast.planted()')
})
