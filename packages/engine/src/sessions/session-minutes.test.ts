import { aBooking, aClinic, aDoctor, aSession, aSlot, aTimeClaim, aVisitType, lapseHolds } from '@holdfast/testkit'
import { expect } from 'vitest'
import { close, closing } from '../../test/closures.ts'
import { aCase, aTheatre, caseOf } from '../../test/theatre.ts'
import { test } from '../../test/waitlist.ts'
import { withdrawDays } from '../../test/withdrawals.ts'
import { runTimeClaimBatch } from './claim-times.ts'

const dayAhead = (days: number) => Temporal.Now.plainDateISO('UTC').add({ days }).toString()

test('a visit takes minutes of open sessions without slots, and of its own day', async ({ database, engine }) => {
  const clinic = await aClinic(database)
  const [doctor, colleague] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  const type = await aVisitType(database, clinic, { minutes: 20, bufferAfterMinutes: 10, capacity: 2 })
  const [first, second] = [dayAhead(3), dayAhead(4)]
  const at = (date: string, time: string) => new Date(`${date}T${time}:00Z`)
  // Two hours before midnight, and one after it.
  const session = await aSession(database, doctor, { startsAt: at(first, '22:00'), minutes: 180 })
  await aSession(database, colleague, { startsAt: at(first, '09:00'), minutes: 60 })
  await aSlot(database, doctor, { startsAt: at(first, '22:00'), minutes: 30 })
  const booked = await runTimeClaimBatch(database.appPool, [
    aTimeClaim(session, type, 60, { confirm: true }),
    aTimeClaim(session, type, 60, { confirm: true }),
    aTimeClaim(session, type, 110, { confirm: true }),
    aTimeClaim(session, type, 150, { confirm: true }),
  ])
  expect(booked.map((one) => (one.kind === 'completed' ? one.outcome.kind : one.kind))).toEqual([
    'booked',
    'booked',
    'booked',
    'booked',
  ])
  const stats = () => engine.reads.clinicStats({ clinicNo: clinic.no, from: first, to: second })
  const days = [
    // 90 and 60 minutes of the sessions, and 30 of the slot. The group counts once, the visit at midnight on both days.
    { date: first, openMinutes: 180, takenMinutes: 30 },
    { date: second, openMinutes: 60, takenMinutes: 30 },
  ]
  expect(await stats()).toMatchObject({ days, utilisation: 60 / 240 })

  // What is booked in it was open, also when the rest of the session is withdrawn.
  await database.ownerPool.query('update holdfast.open_session set withdrawn_at = now() where id = $1', [session.id])
  expect(await stats()).toMatchObject({ days: [{ openMinutes: 120 }, { openMinutes: 30, takenMinutes: 30 }] })
})

test('in a closure only what is booked is open', async ({ database, engine, clinic, doctor }) => {
  const date = dayAhead(3)
  const startsAt = new Date(`${date}T09:00:00Z`)
  await aSession(database, doctor, { startsAt, minutes: 60 })
  const slot = await aSlot(database, doctor, { startsAt: new Date(`${date}T11:00:00Z`), minutes: 20, capacity: 3 })
  await aBooking(database, slot)
  const stats = () => engine.reads.clinicStats({ clinicNo: clinic.no, from: date, to: date })
  expect(await stats()).toMatchObject({ days: [{ openMinutes: 120, takenMinutes: 20 }] })
  await close(engine, closing(doctor, { startsAt, endsAt: new Date(`${date}T23:00:00Z`) }))
  expect(await stats()).toMatchObject({ days: [{ capacity: 3, taken: 1, openMinutes: 20, takenMinutes: 20 }] })
})

test('what a case takes of its surgeon is not open for visits', async ({ database }) => {
  const { clinic, engine, theatre, room, surgeon } = await aTheatre(database)
  const date = dayAhead(3)
  await aSession(database, surgeon, { startsAt: new Date(`${date}T09:00:00Z`), minutes: 180 })
  const stats = () => engine.reads.clinicStats({ clinicNo: clinic.no, from: date, to: date })
  expect(await stats()).toMatchObject({ days: [{ openMinutes: 180 }] })
  const startsAt = new Date(`${date}T10:00:00Z`)
  caseOf(await theatre.claimCase(aCase({ clinic, room, surgeon }, { startsAt, minutes: 50, confirm: true })))
  expect(await stats()).toMatchObject({ days: [{ openMinutes: 130 }] })
})

test('a visit that is held takes its minutes until the hold has lapsed', async ({ database, engine, clinic }) => {
  const doctor = await aDoctor(database, clinic)
  const type = await aVisitType(database, clinic, { minutes: 20 })
  const date = dayAhead(3)
  const session = await aSession(database, doctor, { startsAt: new Date(`${date}T09:00:00Z`), minutes: 60 })
  const [held] = await runTimeClaimBatch(database.appPool, [aTimeClaim(session, type, 0)])
  if (held?.kind !== 'completed' || held.outcome.kind !== 'booked') throw new Error('It was not held.')
  const stats = () => engine.reads.clinicStats({ clinicNo: clinic.no, from: date, to: date })
  expect(await stats()).toMatchObject({ days: [{ openMinutes: 60, takenMinutes: 20 }] })
  await lapseHolds(database, { clinicNo: clinic.no, id: held.outcome.booking.slotId })
  expect(await stats()).toMatchObject({ days: [{ openMinutes: 60, takenMinutes: 0 }] })
})

test('a withdrawal of days counts and closes what is to come of the sessions: the rest was open', async ({
  database,
  engine,
}) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const minute = Math.floor(Date.now() / 60_000) * 60_000
  const at = (minutes: number) => new Date(minute + minutes * 60_000)
  await aSession(database, doctor, { startsAt: at(-300), minutes: 60 })
  const begun = await aSession(database, doctor, { startsAt: at(-120), minutes: 240 })
  const later = await aSession(database, doctor, { startsAt: at(180), minutes: 60 })
  const openMinutes = async () => {
    const { days } = await engine.reads.clinicStats({ clinicNo: clinic.no, from: dayAhead(-1), to: dayAhead(1) })
    return days.reduce((sum, day) => sum + day.openMinutes, 0)
  }
  expect(await openMinutes()).toBe(60 + 240 + 60)
  const withdrawn = (to: Date, dryRun: boolean) => withdrawDays(database, doctor, at(-1_000), to, { dryRun })
  // What has passed alone.
  for (const dryRun of [true, false]) expect(await withdrawn(at(-100), dryRun)).toMatchObject({ sessions: 0 })
  expect(await openMinutes()).toBe(60 + 240 + 60)
  for (const dryRun of [true, false]) expect(await withdrawn(later.endsAt, dryRun)).toMatchObject({ sessions: 2 })
  // A repetition counts what the first one closed; nothing is open any more.
  expect(await withdrawn(later.endsAt, false)).toMatchObject({ sessions: 2 })
  expect(await withdrawn(later.endsAt, true)).toMatchObject({ sessions: 0 })
  expect(await withdrawn(at(-100), false)).toMatchObject({ sessions: 0 })
  const passed = (Date.now() - begun.startsAt.getTime()) / 60_000
  expect(Math.abs((await openMinutes()) - (60 + passed))).toBeLessThan(2)
  const open = await engine.sessions.list({ doctorId: doctor.id, from: at(-1_000), to: later.endsAt })
  expect(open.map(({ startsAt }) => startsAt)).toEqual([at(-300), begun.startsAt])
})
