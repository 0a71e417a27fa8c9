import { aBooking, aClaim, aDoctor, anOfferMessage, aSlot, lapseHolds, plantFunction, takenOf } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { hasFreeTimes } from '../../test/joined.ts'
import { freshTest, test } from '../../test/waitlist.ts'

test('what is free of a doctor made active is offered first', async ({ database, engine, doctor, wait, offerOf }) => {
  const slot = await aSlot(database, doctor)
  await engine.directory.updateDoctor(doctor.id, { active: false })
  const entry = await wait()
  await engine.directory.updateDoctor(doctor.id, { active: true })
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
  expect(await takenOf(database, slot)).toEqual([1])
})

test('what is free of a doctor with a new specialization can be booked by who waits for it', async ({
  database,
  engine,
  doctor,
  wait,
  offerOf,
}) => {
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const other = await aDoctor(database, clinic, { specialization: 'Dermatology' })
  await aSlot(database, other)
  await engine.directory.updateDoctor(doctor.id, { specialization: 'Sleep medicine of tests' })
  const waiting = await wait({ specialization: 'Sleep medicine of tests' })
  expect(await hasFreeTimes(engine.waitlist, waiting.id)).toBe(false)
  await engine.directory.updateDoctor(other.id, { specialization: 'Sleep medicine of tests' })
  expect(await offerOf(waiting)).toBeNull()
  expect(await hasFreeTimes(engine.waitlist, waiting.id)).toBe(true)
})

test('a specialization’s entry is offered a withdrawn place again', async ({ engine, doctor, offered, offerOf }) => {
  await engine.directory.updateDoctor(doctor.id, { specialization: 'Tropical medicine of tests' })
  const { slot, entry } = await offered({ specialization: 'Tropical medicine of tests' })
  await engine.directory.updateDoctor(doctor.id, { active: false })
  expect(await offerOf(entry)).toBeNull()
  await engine.directory.updateDoctor(doctor.id, { active: true })
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id, status: 'PENDING' })
  expect(await engine.waitlist.offersOf(entry.id)).toMatchObject([{ outcome: 'withdrawn' }, { outcome: null }])
})

test.for([
  { change: 'a shorter minimumNoticeMinutes', narrow: { minimumNoticeMinutes: 600 }, hours: 5 },
  { change: 'a longer bookingHorizonDays', narrow: { bookingHorizonDays: 1 }, hours: 72 },
])('with $change, it is offered first', async ({ narrow, hours }, { database, engine, doctor, wait, offerOf }) => {
  const settings = { minimumNoticeMinutes: 0, waitlistNoticeMinutes: 60, bookingHorizonDays: 30 }
  await engine.directory.updateClinic(doctor.clinicId, { settings: { ...settings, ...narrow } })
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + hours * 3_600_000) })
  const entry = await wait()
  const [changed] = Object.keys(narrow) as (keyof typeof settings)[]
  await engine.directory.updateClinic(doctor.clinicId, {
    settings: Object.fromEntries(Object.entries(settings).filter(([name]) => name === changed)),
  })
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
})

test('with a longer bookingHorizonDays, what patients could book before is not offered', async ({
  database,
  engine,
  doctor,
  wait,
  offerOf,
}) => {
  await engine.directory.updateClinic(doctor.clinicId, { settings: { bookingHorizonDays: 10 } })
  const slot = await aSlot(database, doctor)
  const entry = await wait()
  await engine.directory.updateClinic(doctor.clinicId, { settings: { bookingHorizonDays: 20 } })
  expect(await offerOf(entry)).toBeNull()
  expect(await takenOf(database, slot)).toEqual([0])
})

test('an offer that ended unattended is passed on', async ({ database, engine, full, wait, settle, offerOf }) => {
  const { slot, booking } = await full()
  const [first, second] = [await wait(), await wait()]
  await settle(booking, 'cancel')
  await anOfferMessage(database, first)
  await lapseHolds(database, slot)
  await database.ownerPool.query(
    `with past as (update holdfast.booking set hold_expires_at = hold_expires_at - interval '5 hours'
                    where slot_id = $1 and status = 'PENDING')
     update holdfast.slot set next_lapse = next_lapse - interval '5 hours' where id = $1`,
    [slot.id],
  )
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'slot_full' })
  expect(await offerOf(second)).toMatchObject({ slotId: slot.id })
  expect(await engine.waitlist.entry(first.id)).toMatchObject({ missed: 1 })
})

freshTest('negative control: unoffered slots are public', async ({ database, engine, doctor, wait, offerOf }) => {
  await plantFunction(database, 'create_slots', { part: /perform offer_places\([^;]*;/, becomes: 'null;' })
  const entry = await wait()
  const startsAt = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 86_400_000)
  const drafts = [{ startsAt, endsAt: new Date(startsAt.getTime() + 900_000), capacity: 1 }]
  await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: false })
  expect(await offerOf(entry)).toBeNull()
})

freshTest(
  'negative control: without is_awaited, a lapsed offer is public until it is marked',
  async ({ database, engine, full, wait, settle }) => {
    await plantFunction(database, 'is_awaited', { part: /return exists \(/, becomes: 'return false and exists (' })
    const { slot, booking } = await full()
    await wait()
    await wait()
    await settle(booking, 'cancel')
    await lapseHolds(database, slot)
    expect((await engine.reads.slot(slot.id))?.available).toBe(1)
  },
)

freshTest('negative control: offers left open are found', async ({ database, engine, doctor, offered }) => {
  await plantFunction(database, 'withdraw_slots', { part: /perform close_offers\([^;]*;/, becomes: 'null;' })
  const { slot } = await offered()
  const which = { slotId: slot.id }
  await engine.withdrawSlots({ clinicNo: doctor.clinicNo, which, withBookings: true, dryRun: false, actorId: null })
  const { details } = await engine.reads.verify({ clinicNo: doctor.clinicNo, detailsMax: 10 })
  expect(details.map(({ kind }) => kind)).toContain('offer_differs')
})

test('positions count who waits for the same, over all pages', async ({ database, engine, doctor, wait }) => {
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const colleague = await aDoctor(database, clinic)
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second))
  const { rows } = await database.ownerPool.query<{ specialization: string }>(sql`
    select specialization from holdfast.resource where id = ${doctor.id}`)
  const specialization = rows[0]?.specialization ?? ''
  await aBooking(database, await aSlot(database, colleague))
  const ids = [
    await wait({ joinedAt: at(1) }),
    await wait({ specialization, joinedAt: at(2) }),
    await wait({ joinedAt: at(3) }),
    await wait({ specialization, joinedAt: at(4) }),
    await wait({ joinedAt: at(5), urgency: 1 }),
    await wait({ joinedAt: at(6), to: '2020-02-01' }),
  ].map(({ id }) => id)
  const one = async (id: string) => (await engine.waitlist.entry(id))?.position
  const expected = [2, 3, 4, 5, 1, null]
  expect(await Promise.all(ids.map(one))).toEqual(expected)
  const query = { clinicNo: doctor.clinicNo, status: null, doctorId: null, specialization: null, q: null, limit: 4 }
  const first = await engine.waitlist.entriesOfClinic({ ...query, cursor: null })
  const second = await engine.waitlist.entriesOfClinic({ ...query, cursor: first.nextCursor })
  const listed = new Map([...first.items, ...second.items].map(({ id, position }) => [id, position]))
  expect(ids.map((id) => listed.get(id))).toEqual(expected)
  // The entry that is offered a place next comes first among those who wait, also from page to page.
  const waiting = { ...query, status: 'waiting', limit: 2 } as const
  const places: (number | null)[] = []
  let cursor: string | null = null
  do {
    const page = await engine.waitlist.entriesOfClinic({ ...waiting, cursor })
    places.push(...page.items.map(({ position }) => position))
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(places).toEqual([1, 2, 3, 4, 5])
})
