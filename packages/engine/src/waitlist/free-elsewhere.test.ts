import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aDoctor,
  anOfferMessage,
  aSlot,
  aWaitlistEntry,
  lapseHolds,
  plantFunction,
  rolledBack,
  type TestDatabase,
  takenOf,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { callsOf, countCalls } from '../../test/count-calls.ts'
import { anEntry, hasFreeTimes, joined } from '../../test/joined.ts'
import { freshTest, test } from '../../test/waitlist.ts'

const day = 86_400_000
const inDays = (days: number) => ({
  startsAt: new Date(Math.ceil(Date.now() / day) * day + days * day + 9 * 3_600_000),
})

/** The entries with open offers, the oldest entry first. */
async function offeredIn(database: TestDatabase, clinicNo: number): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`select entry_id as id from holdfast.waitlist_offer
      where clinic_no = ${clinicNo} and closed_at is null order by entry_id`)
  return rows.map(({ id }) => id)
}

test('who joins while a time is free is offered nothing, and reads that', async ({ database, engine, doctor }) => {
  const slot = await aSlot(database, doctor)
  const id = await joined(engine.waitlist, anEntry(doctor))
  expect(await engine.waitlist.entry(id)).toMatchObject({ status: 'waiting' })
  expect(await hasFreeTimes(engine.waitlist, id)).toBe(true)
  expect(await takenOf(database, slot)).toEqual([0])
})

test('a place that becomes free while another one is free is offered to nobody', async ({
  database,
  engine,
  doctor,
  full,
  wait,
  settle,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const free = await aSlot(database, doctor)
  const entry = await wait()
  await settle(booking, 'cancel')
  expect(await offerOf(entry)).toBeNull()
  expect((await engine.reads.slot(slot.id))?.available).toBe(1)
  // Once the last free time is taken, the next that becomes free is offered.
  const taken = [await aBooking(database, free), await aBooking(database, slot)]
  expect(await hasFreeTimes(engine.waitlist, entry.id)).toBe(false)
  await settle(taken[0] ?? booking, 'cancel')
  expect(await offerOf(entry)).toMatchObject({ slotId: free.id })
})

freshTest(
  'negative control: without place_elsewhere, it is held for who waits',
  async ({ database, doctor, full, wait, settle, offerOf }) => {
    await plantFunction(database, 'place_elsewhere', { part: 'return (', becomes: 'return null; return (' })
    const { slot, booking } = await full()
    await aSlot(database, doctor)
    const entry = await wait()
    await settle(booking, 'cancel')
    expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
  },
)

test('who can book elsewhere is passed over, and who fits nothing else is offered the place', async ({
  database,
  doctor,
  full,
  wait,
  settle,
  offerOf,
}) => {
  const { slot, booking } = await full()
  const free = await aSlot(database, doctor, inDays(40))
  const until = (startsAt: Date) => new Date(startsAt.getTime() + day).toISOString().slice(0, 10)
  const [first, second] = [await wait(), await wait({ to: until(slot.startsAt) })]
  await settle(booking, 'cancel')
  expect(await offerOf(first)).toBeNull()
  expect(await offerOf(second)).toMatchObject({ slotId: slot.id })
  expect(await takenOf(database, free)).toEqual([0])
})

test('of places that become free at once, each is for another', async ({ database, engine, doctor, wait, offerOf }) => {
  const entries = [await wait(), await wait()]
  const drafts = [1, 2, 3].map((n) => {
    const { startsAt } = inDays(n)
    return { startsAt, endsAt: new Date(startsAt.getTime() + 900_000), capacity: 1 }
  })
  await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: false })
  const offers = []
  for (const entry of entries) offers.push(await offerOf(entry))
  const { rows } = await database.ownerPool.query<{ id: string }>(sql`select id from holdfast.slot
      where clinic_no = ${doctor.clinicNo} order by starts_at`)
  expect(offers.map((offer) => offer?.slotId)).toEqual(rows.slice(0, 2).map(({ id }) => id))
})

freshTest('an unfit free time delays no offer', async ({ database, doctor, full, wait, settle, offerOf }) => {
  const { slot, booking } = await full()
  // Another doctor, a visit that cannot be booked any more or not yet, one that is blocked, one that was withdrawn.
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  await database.ownerPool.query('update holdfast.clinic set minimum_notice_minutes = 120 where no = $1', [clinic.no])
  await aSlot(database, await aDoctor(database, clinic))
  await aSlot(database, doctor, { startsAt: new Date(Date.now() + 3_600_000) })
  await aSlot(database, doctor, { startsAt: new Date(Date.now() + 800 * day) })
  const blocked = await aSlot(database, doctor)
  const withdrawn = await aSlot(database, doctor)
  await database.ownerPool.query('update holdfast.slot set blocked_at = now() where id = $1', [blocked.id])
  await database.ownerPool.query('update holdfast.slot set withdrawn_at = now() where id = $1', [withdrawn.id])
  // One in which the patient has an appointment.
  const own = await aSlot(database, doctor, { capacity: 2 })
  const patient = { name: 'Grace Hopper', email: 'grace@example.org' }
  await aBooking(database, own, { patient })
  const entry = await wait({ patient })
  await settle(booking, 'cancel')
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
})

test('a declined or lapsed offer bars no other', async ({ database, doctor, full, wait, settle, offerOf }) => {
  const [one, two, three] = [await full(), await full(), await full()]
  const entry = await wait()
  await settle(one.booking, 'cancel')
  await anOfferMessage(database, entry)
  await lapseHolds(database, one.slot)
  await database.ownerPool.query('select holdfast.expire_holds(1000)')
  expect(await offerOf(entry)).toBeNull()
  await settle(two.booking, 'cancel')
  const second = await offerOf(entry)
  expect(second).toMatchObject({ slotId: two.slot.id })
  await settle(second ?? two.booking, 'decline')
  await settle(three.booking, 'cancel')
  expect(await offerOf(entry)).toMatchObject({ slotId: three.slot.id })
  expect(doctor.id).toBe(three.slot.doctorId)
})

freshTest(
  'the free places are read once for all who are judged by them, and keep nobody behind them from an offer',
  async ({ database, engine, doctor }) => {
    await countCalls(database, 'free_places')
    // Each day from the 20th on, one place is free, a minute earlier than the day before.
    const minutesBefore = (nth: number) => (110 - nth) * 60_000
    for (let nth = 0; nth < 110; nth += 1) {
      await aSlot(database, doctor, { startsAt: new Date(inDays(20 + nth).startsAt.getTime() + minutesBefore(nth)) })
    }
    const judgedFor = async (days: number) => {
      const { startsAt } = inDays(days)
      const drafts = [0, 1, 2, 3, 4].map((nth) => {
        const from = new Date(startsAt.getTime() + nth * 3_600_000)
        return { startsAt: from, endsAt: new Date(from.getTime() + 1_800_000), capacity: 1 }
      })
      const before = await callsOf(database)
      expect(await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: false })).toMatchObject({ created: 5 })
      return { read: (await callsOf(database)) - before, offered: await offeredIn(database, doctor.clinicNo) }
    }
    const dayIn = (days: number) => inDays(days).startsAt.toISOString().slice(0, 10)
    for (let nth = 0; nth < 110; nth += 1) await aWaitlistEntry(database, doctor)
    expect(await judgedFor(3)).toEqual({ read: 1, offered: [] })
    // The last of 111: nothing else is free on these days.
    const last = await aWaitlistEntry(database, doctor, { from: dayIn(4), to: dayIn(10) })
    expect(await judgedFor(4)).toEqual({ read: 1, offered: [last.id] })
    // Each fits another place alone.
    for (let nth = 0; nth < 110; nth += 1) {
      const timeTo = new Date(inDays(0).startsAt.getTime() + minutesBefore(nth) + 60_000).toISOString().slice(11, 16)
      await aWaitlistEntry(database, doctor, { urgency: 1, from: dayIn(5), to: dayIn(20 + nth), timeTo })
    }
    const behind = await aWaitlistEntry(database, doctor, { from: dayIn(5), to: dayIn(10) })
    expect(await judgedFor(5)).toEqual({ read: 1, offered: [last.id, behind.id] })
  },
)

freshTest('twenty places of a specialization are offered by one reading of its slots', async ({ database, doctor }) => {
  const specialization = 'Dermatology'
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const full: string[] = []
  for (let n = 0; n < 4; n += 1) {
    const one = await aDoctor(database, clinic, { specialization })
    for (let nth = 1; nth <= 20; nth += 1) full.push((await aSlot(database, one, inDays(nth))).id)
  }
  for (let nth = 0; nth < 20; nth += 1) await aWaitlistEntry(database, doctor, { specialization })
  const freed = full.slice(0, 20)
  await database.ownerPool.query('update holdfast.slot set taken = 1 where id = any ($1)', [full.slice(20)])
  await database.ownerPool.query('analyze')
  await rolledBack(database.ownerPool, async (client) => {
    await client.query('select holdfast.offer_places(array_fill($1::integer, array[20]), $2)', [clinic.no, freed])
    const { rows } = await client.query<{ offers: number; read: number }>(sql`
      select (select count(*)::integer from holdfast.waitlist_offer where clinic_no = ${clinic.no}) as offers,
            idx_tup_fetch::integer as read
       from pg_stat_xact_user_tables where schemaname = 'holdfast' and relname = 'slot'`)
    expect(rows[0]?.offers).toBe(20)
    // The 80 slots once, and each of the twenty a few times.
    expect(rows[0]?.read).toBeLessThan(80 + 20 * 10)
  })
})

freshTest('the free places of each doctor are read once if their slots alternate', async ({ database, doctor }) => {
  await countCalls(database, 'free_places')
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const doctors = [doctor, await aDoctor(database, clinic)]
  const freed: string[] = []
  for (const [n, one] of doctors.entries()) {
    await aSlot(database, one, inDays(30))
    await aWaitlistEntry(database, one)
    for (const days of [1, 3, 5]) freed.push((await aSlot(database, one, inDays(days + n))).id)
  }
  const offer = 'select holdfast.offer_places(array_fill($1::integer, array[6]), $2)'
  await database.ownerPool.query(offer, [clinic.no, freed])
  expect(await offeredIn(database, clinic.no)).toEqual([])
  expect(await callsOf(database)).toBe(2)
})

test('more places than a guest may book are no other place', async ({ database, doctor, wait, settle, offerOf }) => {
  const slot = await aSlot(database, doctor, { capacity: 6 })
  const booking = await aBooking(database, slot, { units: 6 })
  await aSlot(database, doctor, { capacity: 6 })
  const entry = await wait({ units: 5, joinedBy: randomUUID() })
  await settle(booking, 'cancel')
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id, units: 5 })
})

test('a place too soon to be offered is no other place', async ({ database, doctor, full, wait, settle, offerOf }) => {
  const { slot, booking } = await full()
  await aSlot(database, doctor, { startsAt: new Date(Date.now() + 1_800_000) })
  const entry = await wait()
  await settle(booking, 'cancel')
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
})

test('entries of a page are judged as each alone', async ({ database, engine, doctor, wait }) => {
  const patient = { name: 'Ada Lovelace', email: 'ada@example.org' }
  const [busy, own] = [await aSlot(database, doctor, inDays(3)), await aSlot(database, doctor, inDays(9))]
  await aBooking(database, busy)
  // Ada has one of two places.
  const wide = await aSlot(database, doctor, { ...inDays(12), capacity: 2 })
  await aBooking(database, wide, { patient })
  const dateIn = (days: number) => inDays(days).startsAt.toISOString().slice(0, 10)
  const otherDay = ((inDays(4).startsAt.getUTCDay() + 6) % 7) + 1
  const wishes = [1, 2].flatMap((units) =>
    ['2020-01-01', dateIn(10)].flatMap((from) =>
      [dateIn(5), dateIn(9), dateIn(20)].flatMap((to) =>
        [{ timeTo: '08:00' }, { timeFrom: '20:00' }, { weekdays: [otherDay] }, {}, { patient }].map((wish) => ({
          units,
          from,
          to: to < from ? from : to,
          ...wish,
        })),
      ),
    ),
  )
  const entries: { id: string }[] = []
  for (const wish of wishes) entries.push(await wait(wish))
  const { rows } = await database.ownerPool.query<{ id: string; free: boolean }>(sql`
    select e.id, holdfast.can_book_elsewhere(e, '{}', now()) as free
     from holdfast.waitlist_entry e where e.id = any (${entries.map(({ id }) => id)})`)
  const free = rows.filter((row) => row.free).map(({ id }) => id)
  expect(free.length).toBeGreaterThan(3)
  expect(free.length).toBeLessThan(wishes.length - 3)
  const ids = entries.map(({ id }) => id)
  expect([...(await engine.waitlist.withFreeTimes(doctor.clinicNo, ids, 'patient'))].toSorted()).toEqual(
    free.toSorted(),
  )
  // Somebody who gives the name of another learns nothing of their visits.
  const ofStrangers = await engine.waitlist.withFreeTimes(doctor.clinicNo, ids, 'account')
  expect(free.every((id) => ofStrangers.has(id))).toBe(true)
  expect(ofStrangers.size).toBeGreaterThan(free.length)
  expect((await engine.reads.slot(own.id))?.available).toBe(1)
})

freshTest('entries for the same are judged once where nothing is free', async ({ database, engine, full, wait }) => {
  const { slot } = await full()
  await countCalls(database, 'can_book_elsewhere')
  const ids: string[] = []
  for (let n = 0; n < 9; n += 1) ids.push((await wait({ units: 1 + (n % 2), from: `2020-01-0${n + 1}` })).id)
  expect((await engine.waitlist.withFreeTimes(slot.clinicNo, ids, 'patient')).size).toBe(0)
  expect(await callsOf(database)).toBe(1)
})
