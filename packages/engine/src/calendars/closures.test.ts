import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClaim,
  aClinic,
  aDoctor,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  type BuiltSlot,
  takenOf,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { areBlocked, close, closing } from '../../test/closures.ts'
import { test } from '../../test/waitlist.ts'
import type { Engine } from '../model/engine.ts'
import { newId } from '../model/id.ts'
import { setBusyTimes } from './read-busy-calendars.ts'

const hoursFromNow = (hours: number) => new Date(Date.now() + hours * 3_600_000)

test('a closure blocks what is there, is not booked or moved into, and gives it back when it is removed', async ({
  database,
  engine,
  doctor,
}) => {
  const [slot, next] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  const elsewhere = await aBooking(database, await aSlot(database, doctor))
  const closure = await close(engine, closing(doctor, slot))
  expect(closure).toMatchObject({ doctorId: doctor.id, note: 'Away', yearly: false, isApplied: true })
  expect(await areBlocked(database, slot, next)).toEqual([true, false])
  expect((await engine.reads.slot(slot.id))?.available).toBe(0)
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'slot_closed', why: 'doctor_busy' })
  const move = { bookingId: elsewhere.id, slotId: slot.id, actorId: null, onBehalf: true, key: null }
  expect(await engine.move(move)).toMatchObject({ kind: 'slot_closed', why: 'doctor_busy' })
  const removed = await engine.closures.remove(doctor.clinicNo, closure.id)
  expect(removed).toMatchObject({ kind: 'done', closure: { isApplied: true } })
  expect(await areBlocked(database, slot, next)).toEqual([false, false])
  expect(await engine.claim(aClaim(slot))).toMatchObject({ kind: 'booked' })
  // Again, it changes nothing.
  expect(await engine.closures.remove(doctor.clinicNo, closure.id)).toMatchObject({ kind: 'done', position: null })
  expect(await engine.closures.find(doctor.clinicNo, closure.id)).toMatchObject({ isRemoved: true })
  expect(await engine.closures.change(doctor.clinicNo, closure.id, { note: null })).toEqual({ kind: 'closure_missing' })
  expect(await engine.closures.remove(doctor.clinicNo, randomUUID())).toEqual({ kind: 'closure_missing' })
})

test('a closure of the clinic blocks its doctors, and nobody elsewhere', async ({ database, engine, doctor }) => {
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const [colleague, stranger] = [await aDoctor(database, clinic), await aDoctor(database, await aClinic(database))]
  const slot = await aSlot(database, doctor)
  const at = { startsAt: slot.startsAt }
  const [theirs, strange] = [await aSlot(database, colleague, at), await aSlot(database, stranger, at)]
  const closure = await close(engine, { ...closing(doctor, slot), doctorId: null })
  expect(await areBlocked(database, slot, theirs, strange)).toEqual([true, true, false])
  await engine.closures.remove(doctor.clinicNo, closure.id)
  expect(await areBlocked(database, slot, theirs, strange)).toEqual([false, false, false])
})

test('what is created later in a closure is blocked, however it is created', async ({ database, engine, doctor }) => {
  const startsAt = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 5 * 86_400_000)
  const day = { startsAt, endsAt: new Date(startsAt.getTime() + 86_400_000) }
  await close(engine, { ...closing(doctor, day), doctorId: null })
  const draft = (minutes: number) => ({
    startsAt: new Date(startsAt.getTime() + minutes * 60_000),
    endsAt: new Date(startsAt.getTime() + (minutes + 15) * 60_000),
    capacity: 1,
  })
  // Before midnight, after it, and before and after the next one.
  const drafts = [-15, 0, 1_425, 1_440].map(draft)
  const { items } = await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: false })
  const created = items.map(({ slotId }) => ({ id: slotId ?? '' }))
  expect(await areBlocked(database, ...created)).toEqual([false, true, true, false])
  const slots = [{ ...draft(600), row: 1, doctor: doctor.id }]
  const imported = await engine.importDirectory({ clinics: [], doctors: [], slots }, { dryRun: false })
  expect(imported).toMatchObject({ kind: 'imported' })
  const { rows } = await database.ownerPool.query<{ blocked: boolean }>(sql`
    select blocked_at is not null as blocked from holdfast.slot where resource_id = ${doctor.id}
    and starts_at = ${draft(600).startsAt}`)
  expect(rows).toEqual([{ blocked: true }])
})

test('a time stays blocked while a closure or calendar blocks it', async ({ database, engine, doctor }) => {
  const { clinicNo, id: doctorId } = doctor
  const [first, second, third] = [
    await aSlot(database, doctor),
    await aSlot(database, doctor),
    await aSlot(database, doctor),
  ]
  await database.ownerPool.query(sql`insert into holdfast.busy_calendar (clinic_no, resource_id, url)
      values (${clinicNo}, ${doctorId}, 'sealed')`)
  await setBusyTimes(database.appPool, { clinicNo, doctorId }, [second])
  const ofDoctor = await close(engine, closing(doctor, { startsAt: first.startsAt, endsAt: second.endsAt }))
  const ofClinic = await close(engine, { ...closing(doctor, first), doctorId: null })
  const blocked = () => areBlocked(database, first, second, third)
  expect(await blocked()).toEqual([true, true, false])
  await engine.closures.remove(clinicNo, ofDoctor.id)
  expect(await blocked()).toEqual([true, true, false])
  const days = { clinicNo, doctorId, from: new Date(), to: new Date(Date.now() + 3 * 86_400_000) }
  expect(await engine.closures.blockedSlots(days)).toEqual([
    { slotId: first.id, cause: 'clinic_closure', note: 'Away' },
    { slotId: second.id, cause: 'external_calendar', note: null },
  ])
  // What the calendar no longer has, and what it has anew.
  await setBusyTimes(database.appPool, { clinicNo, doctorId }, [third])
  expect(await blocked()).toEqual([true, false, true])
  await engine.busyCalendars.remove(clinicNo, doctorId)
  expect(await blocked()).toEqual([true, false, false])
  await engine.closures.remove(clinicNo, ofClinic.id)
  expect(await blocked()).toEqual([false, false, false])
})

test('a closure that is widened or shortened blocks and frees the difference', async ({ database, engine, doctor }) => {
  const [first, second] = [await aSlot(database, doctor), await aSlot(database, doctor)]
  const { id, localEnd } = await close(engine, closing(doctor, first))
  const change = (to: Parameters<Engine['closures']['change']>[2]) => engine.closures.change(doctor.clinicNo, id, to)
  const wider = closing(doctor, second).localEnd
  expect(await change({ localEnd: wider, note: null })).toMatchObject({
    kind: 'done',
    closure: { localEnd: wider, note: null, isApplied: true },
  })
  expect(await areBlocked(database, first, second)).toEqual([true, true])
  expect(await change({ localStart: localEnd })).toMatchObject({ kind: 'done', closure: { localStart: localEnd } })
  expect(await areBlocked(database, first, second)).toEqual([false, true])
  expect(await change({ localEnd })).toEqual({ kind: 'closure_invalid' })
  const days = (count: number) => closing(doctor, { ...second, startsAt: new Date(second.endsAt.getTime() - count) })
  expect(await change({ localStart: days(366 * 86_400_000).localStart })).toMatchObject({ kind: 'done' })
  expect(await change({ localStart: days(366 * 86_400_000 + 60_000).localStart })).toEqual({ kind: 'closure_too_long' })
})

test('a closure is not moved into the past, and one that has begun may end earlier', async ({ engine, doctor }) => {
  const hours = (count: number) => ({ startsAt: hoursFromNow(count), endsAt: hoursFromNow(count + 1) })
  const { id } = await close(engine, closing(doctor, hours(5)))
  const begun = await close(engine, closing(doctor, { startsAt: hoursFromNow(-3), endsAt: hoursFromNow(1) }))
  const change = async (closureId: string, to: Parameters<Engine['closures']['change']>[2]) =>
    (await engine.closures.change(doctor.clinicNo, closureId, to)).kind
  const { localStart, localEnd } = closing(doctor, hours(-2))
  expect(await change(id, { localStart, localEnd })).toBe('closure_over')
  expect(await change(begun.id, { localStart, localEnd })).toBe('closure_over')
  expect(await change(begun.id, { localEnd })).toBe('done')
})

test('a doctor has 200 closures, and the clinic has others all the same', async ({ database, engine, doctor }) => {
  const colleague = await aDoctor(database, { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' })
  const time = { startsAt: hoursFromNow(5), endsAt: hoursFromNow(6) }
  await close(engine, closing(doctor, time))
  await database.ownerPool.query(
    `insert into holdfast.closure (clinic_no, id, resource_id, starts_at, ends_at, yearly, created_by, applied_at)
     select k.clinic_no, n.id, k.resource_id, k.starts_at, k.ends_at, false, k.created_by, now()
       from holdfast.closure k, unnest($2::uuid[]) n(id) where k.clinic_no = $1`,
    [doctor.clinicNo, Array.from({ length: 199 }, () => newId(doctor.clinicNo))],
  )
  const refusal = { kind: 'too_many_closures', max: 200, of: 'doctor' }
  expect(await engine.closures.create(closing(doctor, time), null)).toEqual(refusal)
  for (const one of [closing(colleague, time), { ...closing(doctor, time), doctorId: null }]) {
    expect(await engine.closures.create(one, null)).toMatchObject({ kind: 'done' })
  }
})

test('whoever waits is offered what a removed closure frees; an offer in a closure ends, and bookings stay', async ({
  database,
  engine,
  doctor,
  offered,
  offerOf,
  full,
}) => {
  const { slot, booking } = await full()
  const { entry, offer, slot: offeredSlot } = await offered()
  const span = { startsAt: slot.startsAt, endsAt: offeredSlot.endsAt }
  const { id } = await close(engine, closing(doctor, span))
  expect(await takenOf(database, slot, offeredSlot)).toEqual([1, 0])
  expect(await engine.reads.booking(offer.id)).toMatchObject({ status: 'FAILED', failureReason: 'slot_closed' })
  expect(await engine.reads.booking(booking.id)).toMatchObject({ status: 'CONFIRMED' })
  expect(await offerOf(entry)).toBeNull()
  await engine.closures.remove(doctor.clinicNo, id)
  expect(await offerOf(entry)).toMatchObject({ slotId: offeredSlot.id })
})

test('its effect counts slots and lists their bookings in pages; these stay', async ({ database, engine, doctor }) => {
  const slots = [await aSlot(database, doctor, { capacity: 3 }), await aSlot(database, doctor)]
  const free = await aSlot(database, doctor)
  const bookings = [
    await aBooking(database, slots[0] as BuiltSlot),
    await aBooking(database, slots[0] as BuiltSlot, { status: 'PENDING' }),
    await aBooking(database, slots[1] as BuiltSlot),
  ]
  await aBooking(database, slots[0] as BuiltSlot, { status: 'CANCELLED' })
  await aBooking(database, await aSlot(database, doctor))
  const { localStart, localEnd } = closing(doctor, {
    startsAt: slots[0]?.startsAt ?? free.startsAt,
    endsAt: free.endsAt,
  })
  const time = { localStart, localEnd, yearly: false }
  // One is withdrawn, and one is not at that time.
  await aSession(database, doctor, { startsAt: free.startsAt })
  const withdrawn = await aSession(database, doctor, { startsAt: free.startsAt })
  await engine.sessions.withdraw(withdrawn.id, doctor.id)
  await aSession(database, doctor, { startsAt: free.endsAt })
  const effect = (cursor: string | null, limit = 2) =>
    engine.closures.effect({ clinicNo: doctor.clinicNo, doctorId: null, time, limit, cursor })
  const first = await effect(null)
  expect(first).toMatchObject({ counts: { slots: 3, blockedSlots: 0, takenSlots: 2, takenUnits: 3, sessions: 1 } })
  const rest = await effect(first.bookings.nextCursor)
  expect(rest).toMatchObject({ counts: null, bookings: { nextCursor: null } })
  const listed = [...first.bookings.items, ...rest.bookings.items].map(({ id }) => id)
  expect(listed.toSorted()).toEqual(bookings.map(({ id }) => id).toSorted())
  expect(listed.at(-1)).toBe(bookings[2]?.id)
  await close(engine, { ...closing(doctor, free), ...time })
  expect(await takenOf(database, ...slots)).toEqual([2, 1])
  expect(await effect(null, 10)).toMatchObject({
    counts: { slots: 3, blockedSlots: 3 },
    bookings: { nextCursor: null },
  })
  await expect(effect('bad')).rejects.toThrow('not a cursor')
})

test('its effect counts no session that is over', async ({ database, engine, doctor }) => {
  await aSession(database, doctor, { startsAt: hoursFromNow(-2), minutes: 60 })
  await aSession(database, doctor, { startsAt: hoursFromNow(-1), minutes: 120 })
  const { localStart, localEnd } = closing(doctor, { startsAt: hoursFromNow(-3), endsAt: hoursFromNow(3) })
  const query = { clinicNo: doctor.clinicNo, doctorId: doctor.id, limit: 10, cursor: null }
  const effect = await engine.closures.effect({ ...query, time: { localStart, localEnd, yearly: false } })
  expect(effect).toMatchObject({ counts: { sessions: 1 } })
})

test('closures are listed with times, by the first, of a clinic or doctor', async ({ database, engine, doctor }) => {
  const { clinicNo } = doctor
  const colleague = await aDoctor(database, { no: clinicNo, id: doctor.clinicId, timezone: 'UTC' })
  const created = { clinicNo, note: null, createdBy: randomUUID() }
  const yearly = await close(engine, {
    ...created,
    doctorId: null,
    localStart: '2027-01-01T00:00',
    localEnd: '2027-01-02T00:00',
    yearly: true,
  })
  const once = { localStart: '2027-06-01T08:00', localEnd: '2027-06-03T12:30', yearly: false }
  const own = await close(engine, { ...created, ...once, doctorId: doctor.id })
  const other = await close(engine, { ...created, ...once, doctorId: colleague.id })
  const list = (doctorId: string | null, limit: number, cursor: string | null = null) =>
    engine.closures.list({
      clinicNo,
      doctorId,
      from: new Date('2027-01-01T12:00Z'),
      to: new Date('2028-06-02T00:00Z'),
      limit,
      cursor,
    })
  const first = await list(null, 2)
  expect(first.items).toEqual([
    {
      ...yearly,
      times: [
        { startsAt: new Date('2027-01-01T00:00Z'), endsAt: new Date('2027-01-02T00:00Z') },
        { startsAt: new Date('2028-01-01T00:00Z'), endsAt: new Date('2028-01-02T00:00Z') },
      ],
    },
    { ...own, times: [{ startsAt: new Date('2027-06-01T08:00Z'), endsAt: new Date('2027-06-03T12:30Z') }] },
  ])
  expect((await list(null, 2, first.nextCursor)).items.map(({ id }) => id)).toEqual([other.id])
  expect((await list(colleague.id, 10)).items.map(({ id }) => id)).toEqual([yearly.id, other.id])
  const doubled = engine.closures.change(clinicNo, yearly.id, { localEnd: '2027-01-03T00:00' })
  expect(await doubled).toEqual({ kind: 'closure_invalid' })
})

test('a repetition with the same key closes nothing twice, and one after its removal creates nothing', async ({
  database,
  engine,
  doctor,
}) => {
  const slot = await aSlot(database, doctor)
  const writeKey = { key: randomUUID(), requestHash: randomUUID() }
  const create = () => engine.closures.create(closing(doctor, slot), writeKey)
  const [first, second] = await Promise.all([create(), create()])
  const id = first.kind === 'done' ? first.closure.id : ''
  expect(second).toMatchObject({ kind: 'done', closure: { id } })
  expect([first, second].map((one) => one.kind === 'done' && one.isRepeated).toSorted()).toEqual([false, true])
  expect(await engine.closures.create(closing(doctor, slot), { ...writeKey, requestHash: randomUUID() })).toEqual({
    kind: 'key_reused',
  })
  await engine.closures.remove(doctor.clinicNo, id)
  expect(await create()).toEqual({ kind: 'closure_missing' })
  expect(await areBlocked(database, slot)).toEqual([false])
})

test('another time zone moves what closures block', async ({ database, engine, doctor }) => {
  const midnight = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 2 * 86_400_000)
  const after = (hours: number) =>
    aSlot(database, doctor, { startsAt: new Date(midnight.getTime() + hours * 3_600_000) })
  const [before, early, late] = [await after(-1), await after(1), await after(23)]
  const day = { startsAt: midnight, endsAt: new Date(midnight.getTime() + 86_400_000) }
  await close(engine, { ...closing(doctor, day), doctorId: null })
  expect(await areBlocked(database, before, early, late)).toEqual([false, true, true])
  const change = { timezone: 'Asia/Tokyo', withSlots: true }
  expect(await engine.directory.updateClinic(doctor.clinicId, change)).toMatchObject({ kind: 'done' })
  expect(await areBlocked(database, before, early, late)).toEqual([true, true, false])
})

test('visits are not booked or offered in a closed part of an open session', async ({ database, engine, doctor }) => {
  const [session, type] = [await aSession(database, doctor), await aVisitType(database, { no: doctor.clinicNo })]
  const at = (minute: number) => new Date(session.startsAt.getTime() + minute * 60_000)
  const { id } = await close(engine, { ...closing(doctor, { startsAt: at(60), endsAt: at(65) }), doctorId: null })
  const book = (minute: number) => engine.claimTime(aTimeClaim(session, type, minute))
  expect(await book(50)).toMatchObject({ kind: 'slot_closed', why: 'doctor_busy' })
  const { id: doctorId, clinicNo } = doctor
  const whose = { clinicNo, doctorId, visitTypeId: type.id, byDesk: false, accountId: null, limit: 100 }
  const range = { from: at(30), to: at(90) }
  const starts = async () => {
    const times = await engine.sessions.times({ ...range, ...whose })
    return times.items.map(({ startsAt }) => (startsAt.getTime() - session.startsAt.getTime()) / 60_000)
  }
  expect(await starts()).toEqual([30, 40, 70, 80])
  await engine.closures.remove(doctor.clinicNo, id)
  expect(await starts()).toEqual([30, 40, 50, 60, 70, 80])
  expect(await book(50)).toMatchObject({ kind: 'booked' })
})

test('a clinic has few yearly closures, each of which is looked at whenever a doctor’s time is taken', async ({
  database,
  engine,
  doctor,
}) => {
  await database.ownerPool.query(
    `insert into holdfast.closure (clinic_no, id, resource_id, starts_at, ends_at, yearly, created_by)
     select $1, holdfast.new_id($1, now()), $2::uuid, timestamp '2020-01-01', timestamp '2020-01-02', true,
            gen_random_uuid()
       from generate_series(1, 200)`,
    [doctor.clinicNo, null],
  )
  const day = closing(doctor, { startsAt: new Date('2031-05-01T00:00Z'), endsAt: new Date('2031-05-02T00:00Z') })
  expect(await engine.closures.create({ ...day, yearly: true }, null)).toEqual({
    kind: 'too_many_closures',
    max: 200,
    of: 'clinic',
    areYearly: true,
  })
  expect(await engine.closures.create(day, null)).toMatchObject({ kind: 'done' })
})
