import { randomUUID } from 'node:crypto'
import { aBooking, aSettlement, aSlot, type BuiltDoctor, plantFunction, rolledBack, takenOf } from '@holdfast/testkit'
import type pg from 'pg'
import { expect } from 'vitest'
import { anEntry, joined } from '../../test/joined.ts'
import { freshTest, test } from '../../test/waitlist.ts'
import type { Engine } from '../model/engine.ts'

const hours = (count: number) => new Date(Date.now() + count * 3_600_000)

/** Patients book a day ahead at least, and two days at most. */
const narrow = (engine: Engine, doctor: BuiltDoctor) =>
  engine.directory.updateClinic(doctor.clinicId, {
    settings: { minimumNoticeMinutes: 1440, waitlistNoticeMinutes: 60, bookingHorizonDays: 2 },
  })

/** The entries for which the desk, and nobody else, can book a time. */
const withDeskTimes = async (engine: Engine, doctor: BuiltDoctor, entries: { id: string }[]) => {
  const ids = entries.map(({ id }) => id)
  const free = await engine.waitlist.withFreeTimes(doctor.clinicNo, ids, 'patient')
  expect(free).toEqual(new Set())
  return engine.waitlist.withFreeTimes(doctor.clinicNo, ids, 'desk')
}

test('within the minimum notice, an entry that the desk has added is offered a place, and accepts it', async ({
  database,
  engine,
  doctor,
  settle,
  wait,
  offerOf,
}) => {
  await narrow(engine, doctor)
  const slot = await aSlot(database, doctor, { startsAt: hours(12) })
  const booking = await aBooking(database, slot)
  const [own, added] = [await wait(), await wait({ joinedBy: randomUUID() })]
  await settle(booking, 'cancel')
  const offer = await offerOf(added)
  expect(offer).toMatchObject({ slotId: slot.id })
  expect(await offerOf(own)).toBeNull()
  const accepted = await engine.settle(aSettlement(offer?.id ?? '', 'confirm', { onBehalf: false, key: randomUUID() }))
  expect(accepted).toMatchObject({ kind: 'done' })
  expect(await withDeskTimes(engine, doctor, [own])).toEqual(new Set())
})

test.for([12, 72])(
  'a place in %i hours, which patients cannot book, is named to the desk',
  async (ahead, { database, engine, doctor, settle, wait, offerOf }) => {
    await narrow(engine, doctor)
    const slot = await aSlot(database, doctor, { startsAt: hours(ahead) })
    const booking = await aBooking(database, slot)
    const [own, other] = [await wait(), await wait({ units: 2 })]
    expect(await withDeskTimes(engine, doctor, [own, other])).toEqual(new Set())
    await settle(booking, 'cancel')
    expect(await offerOf(own)).toBeNull()
    expect(await withDeskTimes(engine, doctor, [own, other])).toEqual(new Set([own.id]))
  },
)

test('who is added by the desk is offered what is free within the minimum notice, nobody else', async ({
  database,
  engine,
  doctor,
  offerOf,
}) => {
  await narrow(engine, doctor)
  const slot = await aSlot(database, doctor, { startsAt: hours(12) })
  // Too late for an offer.
  await aSlot(database, doctor, { startsAt: hours(0.5) })
  expect(await offerOf({ id: await joined(engine.waitlist, anEntry(doctor)) })).toBeNull()
  const added = await joined(
    engine.waitlist,
    anEntry(doctor, { joinedBy: randomUUID(), patient: { name: 'Ada Lovelace' } }),
  )
  expect(await offerOf({ id: added })).toMatchObject({ slotId: slot.id })
  expect(await takenOf(database, slot)).toEqual([1])
})

async function slotsRead(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ read: number }>(`select idx_tup_fetch::integer as read
      from pg_stat_xact_user_tables where schemaname = 'holdfast' and relname = 'slot'`)
  return rows[0]?.read ?? 0
}

freshTest('of an entry’s slots, only those for the desk alone are read', async ({ database, engine, doctor, wait }) => {
  await narrow(engine, doctor)
  // Every minute of the 24 hours in which patients can book, and two full slots around them.
  await database.ownerPool.query(
    `insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, digest)
   select $1, q.id, $2, q.at, q.at + interval '1 minute', 1,
          holdfast.slot_digest(q.id, $2, q.at, q.at + interval '1 minute', 1, null, null)
     from (select holdfast.new_id($1, clock_timestamp()) as id, now() + make_interval(mins => n) as at
             from generate_series(1441, 2879) n) q`,
    [doctor.clinicNo, doctor.id],
  )
  for (const ahead of [12, 72]) await aBooking(database, await aSlot(database, doctor, { startsAt: hours(ahead) }))
  const added = await wait({ joinedBy: randomUUID() })
  await database.ownerPool.query('analyze')
  await rolledBack(database.ownerPool, async (client) => {
    // Counts of earlier transactions of the connection may be among them.
    const before = await slotsRead(client)
    await client.query('select holdfast.offer_free_places($1, $2)', [doctor.clinicNo, added.id])
    expect((await slotsRead(client)) - before).toBe(2)
  })
})

freshTest(
  'negative control: without desk_only_times, nobody is offered a place within the minimum notice',
  async ({ database, engine, doctor, settle, wait, offerOf }) => {
    await plantFunction(database, 'desk_only_times', { part: /return [^;]*;/, becomes: "return '{}';" })
    await narrow(engine, doctor)
    const booking = await aBooking(database, await aSlot(database, doctor, { startsAt: hours(12) }))
    const added = await wait({ joinedBy: randomUUID() })
    await settle(booking, 'cancel')
    expect(await offerOf(added)).toBeNull()
  },
)
