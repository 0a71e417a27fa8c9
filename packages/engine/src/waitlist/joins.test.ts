import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aSlot,
  type BuiltDoctor,
  type BuiltSlot,
  holdLock,
  lapseHolds,
  plantFunction,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { anEntry, hasFreeTimes, joined } from '../../test/joined.ts'
import { freshTest, test } from '../../test/waitlist.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import { createWaitlist } from './create-waitlist.ts'

/** Somebody whom a member of the clinic has added: they are offered what is beyond the booking horizon, and free. */
const ofDesk = { joinedBy: randomUUID() }
const beyondHorizon = { startsAt: new Date(Date.now() + 800 * 86_400_000) }

/** Cancels bookings in a transaction of the test. */
function cancelIn(client: pg.PoolClient, clinicNo: number, bookingIds: string[]) {
  const all = (value: unknown) => bookingIds.map(() => value)
  return client.query(
    `select outcome from holdfast.settle_bookings($1::int[], $2::uuid[], $3::text[], $4::uuid[], $5::boolean[],
       $4::uuid[], $6::text[])`,
    [all(clinicNo), bookingIds, all('cancel'), all(null), all(true), all(null)],
  )
}

/** A place is cancelled, but not committed, while somebody joins. @returns the status of the entry in the end */
async function joinBesideCancellation(database: TestDatabase, engine: Engine, doctor: BuiltDoctor, waits: boolean) {
  const slot = await aSlot(database, doctor, beyondHorizon)
  const booking = await aBooking(database, slot)
  const client = await database.appPool.connect()
  await client.query('begin')
  await cancelIn(client, doctor.clinicNo, [booking.id])
  const joining = joined(engine.waitlist, anEntry(doctor, ofDesk))
  if (waits) await untilLockWaiters(database, 1)
  else await joining
  await client.query('commit')
  client.release()
  return (await engine.waitlist.entry(await joining))?.status
}

test('whoever joins while a place is being cancelled is offered it', async ({ database, engine, doctor }) => {
  expect(await joinBesideCancellation(database, engine, doctor, true)).toBe('offered')
})

freshTest('negative control: without the first lock, the place is public', async ({ database, engine, doctor }) => {
  await plantFunction(database, 'lock_waitlists', {
    part: /perform pg_advisory_xact_lock_shared\(1215261799[^;]*;/,
    becomes: 'null;',
  })
  expect(await joinBesideCancellation(database, engine, doctor, false)).toBe('waiting')
})

/**
 * A cancellation hangs before its commit, and somebody joins. While the join is under way, three bookings are cancelled
 * in transactions that wait a second for a lock.
 *
 * @returns what failed
 */
async function cancelBesideHungOne(database: TestDatabase, engine: Engine, doctor: BuiltDoctor) {
  const bookings: string[] = []
  for (let n = 0; n < 4; n += 1) bookings.push((await aBooking(database, await aSlot(database, doctor))).id)
  const [hung = '', ...others] = bookings
  const hanging = await database.appPool.connect()
  const client = await database.appPool.connect()
  await client.query("set lock_timeout = '1s'")
  try {
    await hanging.query('begin')
    await cancelIn(hanging, doctor.clinicNo, [hung])
    const joining = joined(engine.waitlist, anEntry(doctor))
    const failed: string[] = []
    for (const booking of others) {
      await untilLockWaiters(database, 1)
      const [result] = await Promise.allSettled([cancelIn(client, doctor.clinicNo, [booking])])
      if (result.status === 'rejected') failed.push(String(result.reason.code))
    }
    await hanging.query('commit')
    // All four committed before the entry existed: their places are public.
    expect(await hasFreeTimes(engine.waitlist, await joining)).toBe(true)
    return failed
  } finally {
    hanging.release(true)
    client.release(true)
  }
}

test('cancellations go on while somebody joins and one cancellation hangs', async ({ database, engine, doctor }) => {
  expect(await cancelBesideHungOne(database, engine, doctor)).toEqual([])
})

freshTest('negative control: behind a join that waits for long, they fail', async ({ database, engine, doctor }) => {
  await plantFunction(database, 'lock_joining', {
    part: 'perform pg_advisory_xact_lock',
    becomes: "perform set_config('lock_timeout', '9s', true); perform pg_advisory_xact_lock",
  })
  expect(await cancelBesideHungOne(database, engine, doctor)).toEqual(['55P03', '55P03', '55P03'])
})

test('a join without the lock is refused in seconds, and can be repeated', async ({ database, engine, doctor }) => {
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock_shared(1215261799, $1)', [
    doctor.clinicNo,
  ])
  await expect(joined(engine.waitlist, anEntry(doctor))).rejects.toMatchObject({ code: '55P03' })
  await lock.release()
  await joined(engine.waitlist, anEntry(doctor))
})

/**
 * Two transactions give back two places each. One of the two who wait fits the first place of the first and the last of
 * the second, the other the two in between.
 */
async function offersCrosswise(database: TestDatabase, engine: Engine, doctor: BuiltDoctor, waits: boolean) {
  const start = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 9 * 3_600_000)
  const full = async (days: number, hour: number) =>
    aBooking(
      database,
      await aSlot(database, doctor, { startsAt: new Date(start.getTime() + days * 86_400_000 + hour * 3_600_000) }),
    )
  // At nine and at ten o'clock, UTC.
  const [first, second] = [
    [await full(1, 0), await full(1, 1)],
    [await full(2, 1), await full(2, 0)],
  ] as const
  for (const timeFrom of ['09:00', '10:00']) {
    const timeTo = timeFrom.replace(':00', ':30')
    await joined(engine.waitlist, anEntry(doctor, { timeFrom, timeTo, patient: { name: timeFrom } }))
  }
  const clients = [await database.appPool.connect(), await database.appPool.connect()] as const
  const cancel = (client: pg.PoolClient, booking: { id: string }) => cancelIn(client, doctor.clinicNo, [booking.id])
  for (const client of clients) await client.query('begin; set local lock_timeout = 0')
  try {
    await cancel(clients[0], first[0])
    const beside = cancel(clients[1], second[0])
    if (waits) await untilLockWaiters(database, 1)
    else await beside
    const results = Promise.allSettled([
      cancel(clients[0], first[1]).then(() => clients[0].query('commit')),
      beside.then(() => cancel(clients[1], second[1])).then(() => clients[1].query('commit')),
    ])
    return (await results).flatMap((one) => (one.status === 'rejected' ? [String(one.reason.code)] : []))
  } finally {
    for (const client of clients) client.release(true)
  }
}

test('two transactions that offer to the same people run one after the other', async ({ database, engine, doctor }) => {
  expect(await offersCrosswise(database, engine, doctor, true)).toEqual([])
})

freshTest('negative control: without the second lock, they deadlock', async ({ database, engine, doctor }) => {
  await plantFunction(database, 'lock_waitlists', {
    part: /perform pg_advisory_xact_lock\(1215261800[^;]*;/,
    becomes: 'null;',
  })
  expect(await offersCrosswise(database, engine, doctor, false)).toEqual(['40P01'])
})

/** A free place is booked, but not committed, while somebody joins. @returns the status of the entry in the end */
async function joinBesideBooking(database: TestDatabase, engine: Engine, doctor: BuiltDoctor) {
  const slot = await aSlot(database, doctor, beyondHorizon)
  const client = await database.appPool.connect()
  try {
    await client.query('begin')
    await client.query(
      `select * from holdfast.claim_slots(array[$1::int], array[$2::uuid], array[$3::uuid], array[1], array[$4::uuid],
         array[$4::uuid], array[true], array[null]::uuid[], array[$4::uuid], array[null]::text[],
         array['{"name": "Ada"}'::jsonb], array[null]::text[])`,
      [doctor.clinicNo, slot.id, newId(doctor.clinicNo), randomUUID()],
    )
    const joining = joined(engine.waitlist, anEntry(doctor, ofDesk))
    await untilLockWaiters(database, 1)
    await client.query('commit')
    return (await engine.waitlist.entry(await joining))?.status
  } finally {
    client.release(true)
  }
}

test('whoever joins while the only free place is being booked waits', async ({ database, engine, doctor }) => {
  expect(await joinBesideBooking(database, engine, doctor)).toBe('waiting')
})

freshTest('negative control: without the slot’s lock, it is offered too', async ({ database, engine, doctor }) => {
  await plantFunction(database, 'offer_free_places', { part: /perform 1 from slot[^;]*;/, becomes: 'null;' })
  expect(await joinBesideBooking(database, engine, doctor)).toBe('offered')
})

test('a join that is repeated after its offer was lost makes the offer, once', async ({ database, engine, doctor }) => {
  const slot = await aSlot(database, doctor, beyondHorizon)
  const pool: pg.Pool = Object.create(database.appPool, {
    query: {
      value: (statement: { text: string }) =>
        statement.text.includes('offer_free_places')
          ? Promise.reject(new Error('the connection is lost'))
          : database.appPool.query(statement),
    },
  })
  const broken = createWaitlist({ pool, announce: () => undefined, settle: engine.settle })
  const key = { key: randomUUID(), requestHash: randomUUID() }
  const entry = anEntry(doctor, ofDesk)
  await expect(broken.join(entry, key)).rejects.toThrow('the connection is lost')
  expect(await takenOf(database, slot)).toEqual([0])
  for (const _ of [1, 2]) {
    const repeated = await engine.waitlist.join(entry, key)
    expect(repeated).toMatchObject({ kind: 'replayed', value: { kind: 'joined' } })
    const id = repeated.kind === 'replayed' && repeated.value.kind === 'joined' ? repeated.value.id : ''
    expect(await engine.waitlist.entry(id)).toMatchObject({ status: 'offered' })
  }
  expect(await takenOf(database, slot)).toEqual([1])
})

/** An old booking is cancelled while retention erases it, and entries that ended as long ago. */
async function eraseBesideCancellation(database: TestDatabase, doctor: BuiltDoctor) {
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot)
  await database.ownerPool.query(sql`
    update holdfast.slot set starts_at = starts_at - interval '99 days', ends_at = ends_at - interval '99 days'
     where id = ${slot.id}`)
  await database.ownerPool.query('update holdfast.clinic set patient_data_months = 1 where no = $1', [doctor.clinicNo])
  await database.ownerPool.query(
    `insert into holdfast.waitlist_entry (clinic_no, id, resource_id, from_date, to_date, joined_at, patient, ended_at,
       end_reason)
     select $1, holdfast.new_id($1, now()), $2, '2020-01-01', '2100-01-01', now() - interval '99 days',
            '{"name": "Ada"}', case when n = 1 then now() - interval '90 days' end, case when n = 1 then 'left' end
       from generate_series(1, 2) n`,
    [doctor.clinicNo, doctor.id],
  )
  // The cancellation has locked its booking, and waits for the waitlist.
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261799, $1)', [doctor.clinicNo])
  const client = await database.appPool.connect()
  await client.query('set lock_timeout = 0')
  const cancelling = cancelIn(client, doctor.clinicNo, [booking.id])
  await untilLockWaiters(database, 1)
  const erasing = database.appPool.query('select * from holdfast.erase_outdated($1, 100)', [doctor.clinicNo])
  const results = Promise.allSettled([cancelling, erasing])
  await lock.releaseOnce(2)
  await results
  client.release(true)
  return (await results).flatMap((one) => (one.status === 'rejected' ? [String(one.reason.code)] : []))
}

freshTest('retention and a cancellation of an old booking do not deadlock', async ({ database, doctor }) => {
  expect(await eraseBesideCancellation(database, doctor)).toEqual([])
  const { rows } = await database.ownerPool.query(`select patient->>'name' as name from holdfast.waitlist_entry
      order by ended_at nulls last`)
  expect(rows).toEqual([{ name: '' }, { name: 'Ada' }])
})

freshTest('negative control: retention that locks the waitlist first deadlocks', async ({ database, doctor }) => {
  await plantFunction(database, 'erase_outdated', {
    part: /( {2}if v_months > 0 then\n)/,
    becomes: '$1    perform erase_outdated_entries(p_clinic_no, v_months, c_bookings_max);\n',
  })
  expect(await eraseBesideCancellation(database, doctor)).toEqual(['40P01'])
})

const givesBack = {
  'a claim that finds the offer lapsed': (engine: Engine, _database: TestDatabase, slot: BuiltSlot) =>
    engine.claim(aClaim(slot)),
  'busy times that withdraw the offer': (_engine: Engine, { appPool }: TestDatabase, slot: BuiltSlot) =>
    appPool.query(
      `select holdfast.set_busy_times($1, $2, tstzmultirange(tstzrange(now(), now() + interval '3 years')))`,
      [slot.clinicNo, slot.doctorId],
    ),
}

type Scene = {
  database: TestDatabase
  engine: Engine
  offered: () => Promise<{ slot: BuiltSlot; entry: { id: string } }>
}

/** An erasure is before what gives back the place that is offered to the patient. @returns what failed */
async function eraseBeside(
  { database, engine, offered }: Scene,
  giveBack: (typeof givesBack)[keyof typeof givesBack],
): Promise<string[]> {
  const { slot, entry } = await offered()
  await database.ownerPool.query(sql`insert into holdfast.busy_calendar (clinic_no, resource_id, url)
      values (${slot.clinicNo}, ${slot.doctorId}, 'https://example.org')`)
  if (giveBack === givesBack['a claim that finds the offer lapsed']) await lapseHolds(database, slot)
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1215261800, $1)', [slot.clinicNo])
  const erased = database.appPool.query(sql`
    select holdfast.erase_waitlist_entries(${slot.clinicNo}, array[${entry.id}::uuid])`)
  await untilLockWaiters(database, 1)
  const givenBack = giveBack(engine, database, slot)
  await lock.releaseOnce(2)
  const results = await Promise.allSettled([erased, givenBack])
  return results.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
}

test.for(Object.keys(givesBack) as (keyof typeof givesBack)[])(
  '%s waits for an erasure, and both are done',
  async (name, { database, engine, offered }) => {
    expect(await eraseBeside({ database, engine, offered }, givesBack[name])).toEqual([])
  },
)

freshTest('negative control: with the entries locked first, it deadlocks', async ({ database, engine, offered }) => {
  await plantFunction(database, 'fail_holds', {
    part: 'perform lock_waitlists(p_slot_clinic_nos);',
    becomes: '',
  })
  const giveBack = givesBack['busy times that withdraw the offer']
  expect(await eraseBeside({ database, engine, offered }, giveBack)).toEqual([
    expect.stringContaining('deadlock detected'),
  ])
})
