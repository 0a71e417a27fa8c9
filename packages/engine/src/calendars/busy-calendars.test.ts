import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSiteAdministrator,
  aSlot,
  type BuiltDoctor,
  claimWays,
  kinds,
  plantFunction,
  type TestDatabase,
  takenOf,
  untilLockWaiters,
} from '@holdfast/testkit'
import { anotherDatabase } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { test } from '../../test/waitlist.ts'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import type { BusyTime } from '../model/busy-calendar.ts'
import { newId } from '../model/id.ts'
import { recordBusyCalendar, setBusyTimes, takeDueBusyCalendars } from './read-busy-calendars.ts'

const { alone, together } = claimWays(runClaimBatch)

const keysOf = ({ clinicNo, id: doctorId }: BuiltDoctor) => ({ clinicNo, doctorId })

async function aCalendar(database: TestDatabase, doctor: BuiltDoctor): Promise<void> {
  await database.appPool.query(sql`insert into holdfast.busy_calendar (clinic_no, resource_id, url)
      values (${doctor.clinicNo}, ${doctor.id}, 'sealed')`)
}

const block = (database: TestDatabase, doctor: BuiltDoctor, busy: readonly BusyTime[]) =>
  setBusyTimes(database.appPool, keysOf(doctor), busy)

const whyClosed = async (database: TestDatabase, slot: { id: string; clinicNo: number }) => {
  const [outcome] = await alone.claim(database.appPool, aClaim(slot))
  return outcome === undefined || outcome === 'retry' || outcome.kind !== 'slot_closed' ? null : outcome.why
}

test('free places in a busy time are not listed, claimed or moved to; a time that disappears frees them', async ({
  database,
  engine,
  doctor,
}) => {
  await aCalendar(database, doctor)
  const [slot, next] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  const elsewhere = await aBooking(database, await aSlot(database, doctor))
  await block(database, doctor, [{ startsAt: new Date(slot.startsAt.getTime() + 60_000), endsAt: slot.endsAt }])
  expect(await whyClosed(database, slot)).toBe('doctor_busy')
  expect(await together.claim(database.appPool, aClaim(slot))).toMatchObject([
    { kind: 'slot_closed', why: 'doctor_busy' },
  ])
  expect((await engine.reads.slot(slot.id))?.available).toBe(0)
  expect((await engine.reads.slot(next.id))?.available).toBe(1)
  const move = { bookingId: elsewhere.id, slotId: slot.id, actorId: null, onBehalf: true, key: null }
  expect(await engine.move(move)).toMatchObject({ kind: 'slot_closed', why: 'doctor_busy' })
  await block(database, doctor, [])
  expect((await engine.reads.slot(slot.id))?.available).toBe(1)
  expect(kinds(await alone.claim(database.appPool, aClaim(slot)))).toEqual(['booked'])
})

test.for(
  [alone, together].flatMap((way) => [
    { ...way, has: 'no hold' },
    { ...way, has: 'a lapsed hold' },
  ]),
)(
  'a claim that waits while the place, which has $has, is blocked is refused: $way',
  async ({ claim, has }, { database, doctor }) => {
    await aCalendar(database, doctor)
    const slot = await aSlot(database, doctor)
    // Then the batch reads the slot again, after it has given back the hold.
    if (has === 'a lapsed hold') {
      await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 1_000) })
    }
    expect(await claimedWhileBlocked(database, doctor, slot, claim)).toMatchObject([
      { kind: 'slot_closed', why: 'doctor_busy' },
    ])
    expect(await takenOf(database, slot)).toEqual([0])
  },
)

test('negative control: without the checks of blocked places, the waiting claim is booked', async () => {
  const database = await anotherDatabase()
  const doctor = await aDoctor(database, await aClinic(database))
  await aCalendar(database, doctor)
  const slot = await aSlot(database, doctor)
  await plantFunction(database, 'claim_closed', { part: 'p_blocked_at IS NOT NULL', becomes: 'false' })
  expect(kinds(await claimedWhileBlocked(database, doctor, slot, together.claim))).toEqual(['booked'])
})

async function claimedWhileBlocked(
  database: TestDatabase,
  doctor: BuiltDoctor,
  slot: { id: string; clinicNo: number; startsAt: Date; endsAt: Date },
  claim: typeof alone.claim,
) {
  const client = await database.ownerPool.connect()
  try {
    await client.query('begin')
    await setBusyTimes(client, keysOf(doctor), [slot])
    const claimed = claim(database.appPool, aClaim(slot))
    await untilLockWaiters(database, 1)
    await client.query('commit')
    return await claimed
  } finally {
    client.release()
  }
}

test('whoever waits is offered what a busy time leaves free again, and not what is blocked', async ({
  database,
  doctor,
  wait,
  offerOf,
  settle,
}) => {
  await aCalendar(database, doctor)
  const slot = await aSlot(database, doctor)
  const booking = await aBooking(database, slot)
  await block(database, doctor, [slot])
  const entry = await wait()
  // A cancelled booking frees its unit, which stays blocked.
  await settle(booking, 'cancel')
  expect(await takenOf(database, slot)).toEqual([0])
  expect(await offerOf(entry)).toBeNull()
  await block(database, doctor, [])
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
})

test('a slot that is created in a busy time is blocked', async ({ database, engine, doctor }) => {
  await aCalendar(database, doctor)
  const startsAt = new Date(Date.now() + 5 * 86_400_000)
  const endsAt = new Date(startsAt.getTime() + 900_000)
  await block(database, doctor, [{ startsAt, endsAt }])
  const later = new Date(endsAt.getTime() + 900_000)
  const drafts = [
    { startsAt, endsAt, capacity: 1 },
    { startsAt: endsAt, endsAt: later, capacity: 1 },
  ]
  const { items } = await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: false })
  const [blocked, free] = items.map(({ slotId }) => ({ id: slotId ?? '', clinicNo: doctor.clinicNo }))
  expect(await whyClosed(database, blocked ?? { id: '', clinicNo: 0 })).toBe('doctor_busy')
  expect(kinds(await alone.claim(database.appPool, aClaim(free ?? { id: '', clinicNo: 0 })))).toEqual(['booked'])
})

test('bookings in a busy time stay, and are listed as conflicts', async ({ database, engine, doctor }) => {
  await aCalendar(database, doctor)
  const [first, second] = [await aSlot(database, doctor, { capacity: 3 }), await aSlot(database, doctor)]
  const kept = await aBooking(database, first)
  const held = await aBooking(database, first, { status: 'PENDING' })
  await aBooking(database, first, { status: 'CANCELLED' })
  await aBooking(database, second)
  await block(database, doctor, [first])
  expect(await takenOf(database, first, second)).toEqual([2, 1])
  const conflicts = await engine.busyCalendars.conflicts({ ...keysOf(doctor), limit: 10 })
  expect(conflicts.map(({ id }) => id).toSorted()).toEqual([kept.id, held.id].toSorted())
  expect(conflicts.find(({ id }) => id === kept.id)).toEqual(await engine.reads.booking(kept.id))
  expect(await engine.busyCalendars.conflicts({ ...keysOf(doctor), limit: 1 })).toHaveLength(1)
  const days = { from: new Date(), to: new Date(Date.now() + 30 * 86_400_000) }
  expect(await engine.closures.blockedSlots({ ...keysOf(doctor), ...days })).toEqual([
    { slotId: first.id, cause: 'external_calendar', note: null },
  ])
})

test('more than a thousand slots are blocked and freed in steps', async ({ database, doctor }) => {
  await aCalendar(database, doctor)
  await database.ownerPool.query(
    `insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity)
     select $1, holdfast.new_id($1, clock_timestamp()), $2, s, s + interval '1 minute', 1
       from generate_series(now() + interval '40 days', now() + interval '40 days 1199 minutes',
                            interval '1 minute') s`,
    [doctor.clinicNo, doctor.id],
  )
  const count = async () => {
    const { rows } = await database.ownerPool.query(sql`select count(*)::int as blocked from holdfast.slot
        where resource_id = ${doctor.id} and blocked_at is not null`)
    return rows[0].blocked
  }
  const all = { startsAt: new Date(Date.now() + 39 * 86_400_000), endsAt: new Date(Date.now() + 42 * 86_400_000) }
  await block(database, doctor, [all])
  expect(await count()).toBe(1_200)
  await block(database, doctor, [])
  expect(await count()).toBe(0)
})

test('one process at a time reads a calendar; removed, it frees its places for good', async ({ database, doctor }) => {
  const engine = engineOf(database)
  const slot = await aSlot(database, doctor)
  await engine.busyCalendars.set({ ...keysOf(doctor), sealedUrl: 'sealed' })
  const mine = async () =>
    (await takeDueBusyCalendars(database.appPool, 1_000)).filter(({ doctorId }) => doctorId === doctor.id)
  const [due] = await mine()
  if (due === undefined) throw new Error('It is not due.')
  expect(due).toMatchObject({ sealedUrl: 'sealed', etag: null })
  expect(await mine()).toEqual([])
  const read = { kind: 'read', busy: [slot], leftOut: 3, leftOutEvents: [], etag: '"1"', lastModified: null } as const
  await recordBusyCalendar(database.appPool, due, read)
  expect(await whyClosed(database, slot)).toBe('doctor_busy')
  expect(await engine.busyCalendars.find(doctor.clinicNo, doctor.id)).toMatchObject({
    readAt: expect.any(Date),
    failingSince: null,
    leftOut: 3,
  })
  // Not read again, it has the same events.
  await recordBusyCalendar(database.appPool, due, { kind: 'unchanged' })
  expect(await engine.busyCalendars.find(doctor.clinicNo, doctor.id)).toMatchObject({ leftOut: 3 })
  // Removed twice at the same time, and once more.
  const remove = () => engine.busyCalendars.remove(doctor.clinicNo, doctor.id)
  await Promise.all([remove(), remove()])
  await remove()
  expect(await engine.busyCalendars.find(doctor.clinicNo, doctor.id)).toBeNull()
  // What was read of it meanwhile comes too late.
  await recordBusyCalendar(database.appPool, due, read)
  expect(await whyClosed(database, slot)).toBeNull()
})

test('an unchanged calendar is asked for whole after a day, as its repetitions go on', async ({ database, doctor }) => {
  await aCalendar(database, doctor)
  const next = async (expandedAgo: string) => {
    await database.ownerPool.query(sql`
      update holdfast.busy_calendar set read_next_at = now(), expanded_at = expanded_at - ${expandedAgo}::interval
       where resource_id = ${doctor.id}`)
    const due = await takeDueBusyCalendars(database.appPool, 1_000)
    return due.find(({ doctorId }) => doctorId === doctor.id)
  }
  const due = await next('0')
  if (due === undefined) throw new Error('It is not due.')
  const tags = { etag: '"1"', lastModified: 'Sun, 01 Feb 2026 00:00:00 GMT' }
  await recordBusyCalendar(database.appPool, due, { kind: 'read', busy: [], leftOut: 0, leftOutEvents: [], ...tags })
  const later = await next('23 hours')
  expect(later).toMatchObject(tags)
  if (later !== undefined) await recordBusyCalendar(database.appPool, later, { kind: 'unchanged' })
  expect(await next('2 hours')).toMatchObject({ etag: null, lastModified: null })
})

test('a doctor who is deactivated has no external calendar any more, and nobody is offered what it blocked', async ({
  database,
  engine,
  doctor,
  wait,
  offerOf,
}) => {
  await aCalendar(database, doctor)
  const slot = await aSlot(database, doctor)
  await block(database, doctor, [slot])
  const entry = await wait()
  await engine.directory.updateDoctor(doctor.id, { active: true })
  expect(await engine.busyCalendars.find(doctor.clinicNo, doctor.id)).not.toBeNull()
  await engine.directory.updateDoctor(doctor.id, { active: false })
  expect(await engine.busyCalendars.find(doctor.clinicNo, doctor.id)).toBeNull()
  expect(await offerOf(entry)).toBeNull()
  // Not blocked any more: active again, the doctor has the place to offer.
  await engine.directory.updateDoctor(doctor.id, { active: true })
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
})

test('a calendar is removed with its doctor’s last account, and not before', async ({ database, engine, doctor }) => {
  const { clinicNo } = doctor
  const [owner, deputy] = [newId(clinicNo), newId(clinicNo)]
  const actorId = await aSiteAdministrator(database)
  const join = (accountId: string) =>
    database.ownerPool.query(sql`insert into holdfast.membership (clinic_no, account_id, role, doctor_id)
        values (${clinicNo}, ${accountId}, 'doctor', ${doctor.id})`)
  const isThere = async () => (await engine.busyCalendars.find(clinicNo, doctor.id)) !== null
  const slot = await aSlot(database, doctor)
  for (const leave of [
    () => engine.directory.removeMember({ clinicNo, accountId: deputy, actorId }),
    () => engine.directory.changeMember({ clinicNo, accountId: deputy, role: 'staff', doctorId: null, actorId }),
  ]) {
    await join(owner)
    await join(deputy)
    await aCalendar(database, doctor)
    await block(database, doctor, [slot])
    // The same role again is no change.
    await engine.directory.changeMember({ clinicNo, accountId: owner, role: 'doctor', doctorId: doctor.id, actorId })
    await engine.directory.removeMember({ clinicNo, accountId: owner, actorId })
    expect(await isThere()).toBe(true)
    expect(await whyClosed(database, slot)).toBe('doctor_busy')
    expect(await leave()).toMatchObject({ kind: 'done' })
    expect(await isThere()).toBe(false)
    expect((await engine.reads.slot(slot.id))?.available).toBe(1)
    await database.ownerPool.query('delete from holdfast.membership where clinic_no = $1', [clinicNo])
  }
})
