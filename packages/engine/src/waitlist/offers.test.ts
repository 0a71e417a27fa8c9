import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aDoctor,
  aMove,
  anOfferMessage,
  aSlot,
  aWaitlistEntry,
  aWithdrawal,
  type BuiltBooking,
  lapseHolds,
  takenOf,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { freshTest, test } from '../../test/waitlist.ts'
import { newId } from '../model/id.ts'

test('a cancelled place is offered, in the transaction of the cancellation, to who has waited longest', async ({
  database,
  engine,
  settle,
  full,
  wait,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const [first, second] = [await wait(), await wait()]
  expect(await settle(booking, 'cancel')).toMatchObject({ kind: 'done' })
  const offer = await offerOf(first)
  expect(offer).toMatchObject({ status: 'PENDING', slotId: slot.id, patient: { name: 'Grace Hopper' } })
  expect(await offerOf(second)).toBeNull()
  expect(await engine.waitlist.entry(first.id)).toMatchObject({ status: 'offered', position: null })
  expect(await engine.waitlist.entry(second.id)).toMatchObject({ status: 'waiting', position: 2 })
  const { rows } = await database.ownerPool.query<{ transactions: number; types: string[] }>(sql`
    select count(distinct xid)::int as transactions, array_agg(type order by seq) as types from holdfast.booking_event
     where slot_id = ${slot.id} and type in ('cancelled', 'offered')`)
  expect(rows).toEqual([{ transactions: 1, types: ['cancelled', 'offered'] }])
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'slot_full' })
})

test('an accepted offer is a confirmed booking, and ends the entry', async ({ engine, settle, offered }) => {
  const { entry, offer } = await offered()
  expect(await settle(offer, 'confirm')).toMatchObject({ kind: 'done' })
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ status: 'accepted', offerBookingId: offer.id })
  // Later changes of the booking do not concern the entry.
  await settle(offer, 'cancel')
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ status: 'accepted' })
})

test('a declined offer goes to the next, then it is public', async ({ engine, settle, full, wait, offerOf }) => {
  const { slot, booking } = await full()
  const [first, second] = [await wait(), await wait()]
  await settle(booking, 'cancel')
  await settle({ id: (await offerOf(first))?.id ?? '' }, 'cancel')
  expect(await engine.waitlist.entry(first.id)).toMatchObject({ status: 'waiting', missed: 0 })
  const next = await offerOf(second)
  expect(next).toMatchObject({ slotId: slot.id })
  expect((await engine.reads.slot(slot.id))?.available).toBe(0)
  await settle({ id: next?.id ?? '' }, 'cancel')
  // Neither is offered the same place again.
  expect((await engine.reads.slot(slot.id))?.available).toBe(1)
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'booked' })
})

test('a lapsed offer is passed on by the claim that finds it, and its place was never public', async ({
  database,
  engine,
  settle,
  full,
  wait,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const [first, second] = [await wait(), await wait()]
  await settle(booking, 'cancel')
  await anOfferMessage(database, first)
  await lapseHolds(database, slot)
  expect((await engine.reads.slot(slot.id))?.available).toBe(0)
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'slot_full' })
  expect(await offerOf(second)).toMatchObject({ slotId: slot.id, status: 'PENDING' })
  expect(await engine.waitlist.entry(first.id)).toMatchObject({ status: 'waiting', missed: 1, position: 2 })
})

test('a lapsed hold of anybody is offered by the sweep', async ({ database, wait, offerOf, slot }) => {
  await aBooking(database, slot, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 1_000) })
  const entry = await wait()
  await database.appPool.query('select holdfast.expire_holds(100)')
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
  expect(await takenOf(database, slot)).toEqual([1])
})

freshTest('urgency comes first, then missed offers, then time', async ({ database, full, wait, settle, offerOf }) => {
  const missed = await wait({ joinedAt: new Date('2026-01-01') })
  await database.ownerPool.query('update holdfast.waitlist_entry set missed = 1 where id = $1', [missed.id])
  const later = await wait({ joinedAt: new Date('2026-01-03'), id: newId(missed.clinicNo) })
  const earlier = await wait({ joinedAt: new Date('2026-01-02') })
  const urgent = await wait({ joinedAt: new Date('2026-01-04'), urgency: 2 })
  for (const entry of [urgent, earlier, later, missed]) {
    const { slot, booking } = await full()
    await settle(booking, 'cancel')
    expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
  }
})

test.for([
  ['the clinic’s', true],
  ['the patient’s', false],
] as const)(
  'a place that %s move leaves is offered',
  async ([, onBehalf], { database, doctor, engine, full, wait, offerOf }) => {
    const { slot, booking } = await full()
    const free = await aSlot(database, doctor)
    const entry = await wait()
    const moved = await engine.move(aMove(booking.id, free.id, { onBehalf }))
    expect(moved).toMatchObject({ kind: 'done' })
    expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
  },
)

test.for([
  ['the clinic', true],
  ['the patient', false],
] as const)(
  '%s cannot move an offer before it is accepted',
  async ([, onBehalf], { database, doctor, engine, offered, settle }) => {
    const { slot, offer } = await offered()
    const free = await aSlot(database, doctor)
    const move = () => engine.move(aMove(offer.id, free.id, { onBehalf }))
    expect(await move()).toMatchObject({ kind: 'offer_open', booking: { id: offer.id, slotId: slot.id } })
    expect(await takenOf(database, free)).toEqual([0])
    await settle(offer, 'confirm')
    expect(await move()).toMatchObject({ kind: 'done' })
  },
)

test('no move enters a slot with an awaited lapsed hold', async ({ database, doctor, engine, full, wait, offerOf }) => {
  const { booking } = await full()
  const held = await aSlot(database, doctor)
  await aBooking(database, held, { status: 'PENDING', holdExpiresAt: new Date(Date.now() - 1_000) })
  const entry = await wait()
  const moved = await engine.move(aMove(booking.id, held.id))
  expect(moved).toMatchObject({ kind: 'slot_full' })
  expect(await offerOf(entry)).toMatchObject({ slotId: held.id })
})

test('new slots are offered before anybody else sees them', async ({ doctor, engine, wait, offerOf }) => {
  const entries = [await wait(), await wait()]
  const startsAt = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 86_400_000)
  await engine.createSlots({
    doctorId: doctor.id,
    drafts: [0, 1, 2].map((n) => ({
      startsAt: new Date(startsAt.getTime() + n * 900_000),
      endsAt: new Date(startsAt.getTime() + (n + 1) * 900_000),
      capacity: 1,
    })),
    dryRun: false,
  })
  expect((await offerOf(entries[0] ?? { id: '' }))?.startsAt).toEqual(startsAt)
  expect((await offerOf(entries[1] ?? { id: '' }))?.startsAt).toEqual(new Date(startsAt.getTime() + 900_000))
})

test('a withdrawn slot ends its offer, and who had it waits on as before', async ({ engine, doctor, offered }) => {
  const { slot, entry } = await offered()
  await engine.withdrawSlots(aWithdrawal(doctor.clinicNo, { slotId: slot.id }))
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ status: 'waiting', missed: 0, position: 1 })
  expect(await engine.waitlist.offersOf(entry.id)).toMatchObject([{ outcome: 'withdrawn' }])
})

test('an offer is not extended', async ({ settle, offered }) => {
  const { offer } = await offered()
  expect(await settle(offer, 'extend')).toMatchObject({ kind: 'already_extended' })
})

test('an extended hold is not extended again while somebody waits', async ({ engine, settle, full, wait }) => {
  const hold = () => full('PENDING')
  const [awaited, other] = [await hold(), await hold()]
  // Both places fit, but who waits needs more units.
  const entry = await wait({ units: 2 })
  for (const { booking } of [awaited, other]) {
    expect(await settle(booking, 'extend')).toMatchObject({ kind: 'done' })
    expect(await settle(booking, 'extend')).toMatchObject({ kind: 'done' })
  }
  await engine.waitlist.leave(entry.id, 'left', null)
  const waiting = await wait()
  const refused = await settle(awaited.booking, 'extend')
  expect(refused).toMatchObject({ kind: 'place_awaited', booking: { status: 'PENDING' } })
  // The first extension is everybody's.
  const { booking: fresh } = await hold()
  expect(await settle(fresh, 'extend')).toMatchObject({ kind: 'done' })
  await engine.waitlist.leave(waiting.id, 'left', null)
  expect(await settle(awaited.booking, 'extend')).toMatchObject({ kind: 'done' })
})

test('an entry for another day, weekday, time, doctor or more units is passed over', async ({
  database,
  settle,
  full,
  wait,
  doctor,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const day = slot.startsAt.toISOString().slice(0, 10)
  const time = slot.startsAt.toISOString().slice(11, 16)
  const weekday = slot.startsAt.getUTCDay() || 7
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const otherDoctor = await aDoctor(database, clinic, { specialization: 'Dermatology' })
  const others = [
    await wait({ to: new Date(slot.startsAt.getTime() - 86_400_000).toISOString().slice(0, 10) }),
    await wait({ from: new Date(slot.startsAt.getTime() + 86_400_000).toISOString().slice(0, 10) }),
    await wait({ weekdays: [1, 2, 3, 4, 5, 6, 7].filter((one) => one !== weekday) }),
    await wait({ timeTo: time }),
    await wait({ timeFrom: slot.endsAt.toISOString().slice(11, 16) }),
    await wait({ units: 2 }),
    await wait({ specialization: 'Dermatology' }),
    await aWaitlistEntry(database, otherDoctor),
  ]
  const fitting = await wait({ from: day, to: day, weekdays: [weekday], timeFrom: time, units: 1 })
  await settle(booking, 'cancel')
  for (const entry of others) expect(await offerOf(entry)).toBeNull()
  expect(await offerOf(fitting)).toMatchObject({ slotId: slot.id })
})

test('an offer has the position that its entry had: after those who waited and did not want the time', async ({
  database,
  engine,
  settle,
  full,
  wait,
  doctor,
}) => {
  const { slot, booking } = await full()
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const otherDoctor = await aDoctor(database, clinic, { specialization: 'Dermatology' })
  const yesterday = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10)
  const positionOf = async (entry: { id: string }) => (await engine.waitlist.offersOf(entry.id))?.at(-1)?.position
  const offered = await wait()
  await settle((await full()).booking, 'cancel')
  // Before it are entries for another time, or for more places; not those with an offer, for others, or of past days.
  await wait({ timeTo: slot.startsAt.toISOString().slice(11, 16) })
  await wait({ to: yesterday })
  await wait({ specialization: 'Dermatology' })
  await aWaitlistEntry(database, otherDoctor)
  const first = await wait()
  await wait({ specialization: 'General practice', units: 2, urgency: 2 })
  await wait({ units: 2 })
  await settle(booking, 'cancel')
  expect([await positionOf(offered), await positionOf(first)]).toEqual([1, 3])
})

test('beyond the booking horizon, only entries of the clinic’s people are offered a place', async ({
  database,
  engine,
  doctor,
  settle,
  wait,
  offerOf,
}) => {
  await engine.directory.updateClinic(doctor.clinicId, { settings: { bookingHorizonDays: 1 } })
  const bookings: BuiltBooking[] = []
  for (const hours of [72, 73]) {
    const startsAt = new Date(Date.now() + hours * 3_600_000)
    bookings.push(await aBooking(database, await aSlot(database, doctor, { startsAt })))
  }
  const own = [await wait(), await wait({ specialization: 'General practice' })]
  const joinedBy = randomUUID()
  const added = [await wait({ joinedBy }), await wait({ specialization: 'General practice', joinedBy })]
  for (const booking of bookings) await settle(booking, 'cancel')
  for (const entry of own) expect(await offerOf(entry)).toBeNull()
  for (const entry of added) expect(await offerOf(entry)).not.toBeNull()
})

test('an entry for a specialization gets the place of any doctor, in the order of joining', async ({
  database,
  settle,
  full,
  wait,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const any = await wait({ specialization: 'General practice', joinedAt: new Date('2026-01-01') })
  const one = await wait({ joinedAt: new Date('2026-01-02') })
  await settle(booking, 'cancel')
  expect(await offerOf(any)).toMatchObject({ slotId: slot.id })
  await settle({ id: (await offerOf(any))?.id ?? '' }, 'cancel')
  expect(await offerOf(one)).toMatchObject({ slotId: slot.id })
  expect(await takenOf(database, slot)).toEqual([1])
})

test('nobody has two open offers for one request', async ({ engine, settle, full, wait, offerOf }) => {
  const [one, other] = [await full(), await full()]
  const entry = await wait()
  await settle(one.booking, 'cancel')
  await settle(other.booking, 'cancel')
  expect(await offerOf(entry)).toMatchObject({ slotId: one.slot.id })
  expect((await engine.reads.slot(other.slot.id))?.available).toBe(1)
})

test('a place that begins too soon is public', async ({ database, engine, doctor, settle, wait, offerOf }) => {
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 30 * 60_000) })
  const booking = await aBooking(database, slot)
  const entry = await wait()
  await settle(booking, 'cancel')
  expect(await offerOf(entry)).toBeNull()
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'booked' })
})
