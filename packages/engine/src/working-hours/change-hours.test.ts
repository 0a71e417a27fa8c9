import {
  aBooking,
  aClinic,
  aDoctor,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  checkHistory,
  ofKind,
  type TestDatabase,
} from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { areBlocked, close, closing } from '../../test/closures.ts'
import { engineOf } from '../../test/engine-of.ts'
import { aBand, dayAfter, fillAll, hoursOf } from '../../test/working-hours.ts'
import { inTransaction } from '../database/pools.ts'
import type { NewWorkingHours, WorkingBand } from '../model/working-hours.ts'
import { runTimeClaimBatch } from '../sessions/claim-times.ts'
import { replaceHours } from './replace-hours.ts'

type Row = { id: string; startsAt: string; endsAt: string; isWithdrawn: boolean }

/** A doctor of a clinic in UTC whose calendar is filled for three weeks. */
const test = base.extend('scene', async ({ database }) => {
  const clinic = await aClinic(database, { settings: { bookingHorizonDays: 21 } })
  const doctor = await aDoctor(database, clinic)
  const engine = engineOf(database)
  const set = async (bands: WorkingBand[], days: { validFrom?: string; validUntil?: string | null } = {}) => {
    const outcome = ofKind(await engine.workingHours.set(hoursOf(doctor, bands, days)), 'done')
    return outcome
  }
  const preview = async (bands: WorkingBand[]) => {
    return ofKind(await engine.workingHours.preview(hoursOf(doctor, bands)), 'preview').preview
  }
  const rows = async (table: 'slot' | 'open_session', day: number) => rowsOf(database, table, doctor.id, dayAfter(day))
  return { clinic, doctor, engine, set, preview, rows }
})

async function rowsOf(database: TestDatabase, table: string, doctorId: string, day: string): Promise<Row[]> {
  const { rows } = await database.ownerPool.query<Row>(
    `select id, to_char(starts_at at time zone 'UTC', 'HH24:MI') as "startsAt",
            to_char(ends_at at time zone 'UTC', 'HH24:MI') as "endsAt", withdrawn_at is not null as "isWithdrawn"
       from holdfast.${table} where resource_id = $1 and (starts_at at time zone 'UTC')::date = $2
      order by starts_at, created_at, id`,
    [doctorId, day],
  )
  return rows
}

const open = (rows: Row[]) => rows.filter((row) => !row.isWithdrawn).map((row) => `${row.startsAt}–${row.endsAt}`)
const hourly = (from: string, to: string) => aBand({ from, to, slotMinutes: 60 })
const none = { sessions: 0, slots: 0 }

test('the same hours again change nothing, and are announced', async ({ scene: { set, preview, rows } }) => {
  const first = await set([aBand(), hourly('13:00', '16:00')])
  expect(first.preview).toMatchObject({ creates: { sessions: 21, slots: 63 }, withdraws: none, keeps: none })
  const before = [await rows('slot', 5), await rows('open_session', 5)]
  expect(await preview([aBand(), hourly('13:00', '16:00')])).toMatchObject({
    creates: none,
    withdraws: none,
    keeps: { sessions: 21, slots: 63 },
  })
  await set([aBand(), hourly('13:00', '16:00')])
  expect([await rows('slot', 5), await rows('open_session', 5)]).toEqual(before)
})

test('a change withdraws what is empty from its day on, and keeps the slots that the new hours have', async ({
  scene: { set, preview, rows },
}) => {
  await set([hourly('09:00', '12:00')])
  const was = await rows('slot', 10)
  const wider = [hourly('10:00', '14:00')]
  const days = { validFrom: dayAfter(6) }
  const { preview: done } = await set(wider, days)
  expect(done).toMatchObject({ creates: { slots: 32 }, withdraws: { slots: 16 }, keeps: { slots: 32 }, affected: [] })
  expect(open(await rows('slot', 5))).toEqual(['09:00–10:00', '10:00–11:00', '11:00–12:00'])
  expect(open(await rows('slot', 6))).toEqual(['10:00–11:00', '11:00–12:00', '12:00–13:00', '13:00–14:00'])
  const is = await rows('slot', 10)
  expect(is.find(({ startsAt }) => startsAt === '10:00')?.id).toBe(was[1]?.id)
  // What was kept is of the new hours: the next change withdraws it.
  expect(await preview([])).toMatchObject({ withdraws: { slots: 15 + 64 }, keeps: none })
  await set([])
  expect(open(await rows('slot', 10))).toEqual([])
})

test('what is booked stays: named if it is outside of the new hours, and not if it is within', async ({
  database,
  scene: { doctor, set, preview, rows },
}) => {
  await set([hourly('09:00', '12:00')])
  const [nine, , eleven] = await rows('slot', 4)
  const slots = [nine, eleven].map((row) => ({ id: row?.id ?? '', clinicNo: doctor.clinicNo, doctorId: doctor.id }))
  const taken = await Promise.all(
    slots.map(async (slot) => {
      const { rows: found } = await database.ownerPool.query(sql`
        select starts_at as "startsAt", ends_at as "endsAt", capacity from holdfast.slot where id = ${slot.id}`)
      return aBooking(database, { ...slot, ...found[0] })
    }),
  )
  const halves = [aBand({ from: '10:30', to: '12:00', slotMinutes: 30 })]
  const expected = {
    keeps: { slots: 1 },
    withdraws: { slots: 61 },
    // At 11:00 and 11:30 of that day is the booking.
    creates: { slots: 61 },
    conflicts: { slots: 2 },
    affectedSlots: 1,
  }
  expect(await preview(halves)).toMatchObject(expected)
  const { preview: done } = await set(halves)
  expect(done).toMatchObject(expected)
  expect(done.affected.map(({ id }) => id)).toEqual([taken[0]?.id])
  expect(open(await rows('slot', 4))).toEqual(['09:00–10:00', '10:30–11:00', '11:00–12:00'])
  // It is named until the desk has decided.
  expect(await preview(halves)).toMatchObject({ affectedSlots: 1, creates: none, withdraws: none })
  expect(await checkHistory(database)).toEqual([])
})

test('hours that return fill the days with a booking, too', async ({
  database,
  scene: { doctor, set, preview, rows },
}) => {
  const before = [hourly('09:00', '12:00')]
  await set(before)
  const [, ten] = await rows('slot', 4)
  const slot = { id: ten?.id ?? '', clinicNo: doctor.clinicNo, doctorId: doctor.id, capacity: 1 }
  const at = (time: string) => new Date(`${dayAfter(4)}T${time}Z`)
  await aBooking(database, { ...slot, startsAt: at('10:00'), endsAt: at('11:00') })
  await set([hourly('13:00', '16:00')])
  expect(open(await rows('slot', 4))).toEqual(['10:00–11:00', '13:00–14:00', '14:00–15:00', '15:00–16:00'])
  await set(before)
  const returned = await rows('slot', 4)
  expect(open(returned)).toEqual(['09:00–10:00', '10:00–11:00', '11:00–12:00'])
  expect(returned.find(({ isWithdrawn, startsAt }) => !isWithdrawn && startsAt === '10:00')?.id).toBe(slot.id)
  // The booked slot is of these hours now, and not of former ones.
  expect(await preview(before)).toMatchObject({ creates: none, withdraws: none, keeps: { slots: 63 } })
})

test('visits in a session stay when it is withdrawn, and are named if they are outside', async ({
  database,
  scene: { clinic, doctor, engine, set, rows },
}) => {
  const type = await aVisitType(database, clinic, { minutes: 20 })
  await set([aBand()])
  const [session] = await engine.sessions.list({
    doctorId: doctor.id,
    from: new Date(`${dayAfter(3)}T00:00Z`),
    to: new Date(`${dayAfter(4)}T00:00Z`),
  })
  if (session === undefined) throw new Error('No session was opened.')
  const at = { ...session, clinicNo: clinic.no }
  const booked = [0, 150].map((minute) => aTimeClaim(at, type, minute, { confirm: true }))
  const results = await runTimeClaimBatch(database.appPool, booked)
  expect(results.map((one) => one.kind === 'completed' && one.outcome.kind)).toEqual(['booked', 'booked'])
  const { preview } = await set([aBand({ from: '10:00', to: '13:00' })])
  expect(preview).toMatchObject({ withdraws: { sessions: 21 }, creates: { sessions: 21 }, affectedSlots: 1 })
  expect(preview.affected.map(({ id }) => id)).toEqual([booked[0]?.bookingId])
  expect(open(await rows('open_session', 3))).toEqual(['10:00–13:00'])
  // The visit at 11:30 takes its time in the new session.
  const { items } = await engine.sessions.times({
    clinicNo: clinic.no,
    doctorId: doctor.id,
    visitTypeId: type.id,
    from: new Date(`${dayAfter(3)}T11:00Z`),
    to: new Date(`${dayAfter(3)}T12:00Z`),
    byDesk: true,
    accountId: null,
    limit: 100,
  })
  expect(items.map(({ startsAt }) => startsAt.toISOString().slice(11, 16))).toEqual(['11:00', '11:10', '11:50'])
})

test('what people create stays, and what they withdraw stays so', async ({
  database,
  scene: { doctor, engine, set, rows },
}) => {
  const at = (day: number, time: string) => new Date(`${dayAfter(day)}T${time}Z`)
  const slot = await aSlot(database, doctor, { startsAt: at(2, '09:30'), minutes: 60 })
  await aSession(database, doctor, { startsAt: at(2, '15:00'), minutes: 60 })
  const hours = [hourly('09:00', '12:00'), aBand({ from: '14:00', to: '18:00' })]
  const { preview } = await set(hours)
  expect(preview).toMatchObject({ creates: { sessions: 20, slots: 61 }, conflicts: { sessions: 1, slots: 2 } })
  expect(open(await rows('slot', 2))).toEqual(['09:30–10:30', '11:00–12:00'])
  expect(open(await rows('open_session', 2))).toEqual(['15:00–16:00'])

  const day = { clinicNo: doctor.clinicNo, withBookings: false, dryRun: false, actorId: null }
  const which = { doctorId: doctor.id, from: at(8, '10:00'), to: at(8, '15:00') }
  await engine.withdrawSlots({ ...day, which })
  await set(hours)
  expect(open(await rows('slot', 8))).toEqual(['09:00–10:00'])
  expect(open(await rows('open_session', 8))).toEqual(['15:00–18:00'])

  await set([])
  expect(open(await rows('slot', 2))).toEqual(['09:30–10:30'])
  expect((await rows('slot', 2)).find(({ id }) => id === slot.id)?.isWithdrawn).toBe(false)
  expect(open(await rows('open_session', 2))).toEqual(['15:00–16:00'])
  expect(open(await rows('open_session', 8))).toEqual([])
})

test('in a closure nothing that is created can be booked, until it is removed', async ({
  database,
  scene: { doctor, engine, set, rows },
}) => {
  const span = { startsAt: new Date(`${dayAfter(2)}T00:00Z`), endsAt: new Date(`${dayAfter(4)}T00:00Z`) }
  const closure = await close(engine, closing(doctor, span))
  await set([hourly('09:00', '10:00')])
  const slots = [...(await rows('slot', 2)), ...(await rows('slot', 3)), ...(await rows('slot', 4))]
  expect(await areBlocked(database, ...slots)).toEqual([true, true, false])
  await engine.closures.remove(doctor.clinicNo, closure.id)
  expect(await areBlocked(database, ...slots)).toEqual([false, false, false])
  // The other way round.
  await close(engine, closing(doctor, span))
  expect(await areBlocked(database, ...slots)).toEqual([true, true, false])
})

test('later hours are replaced, too, and it is said when hours end', async ({ scene: { doctor, engine, set } }) => {
  const read = () => engine.workingHours.read(doctor.id)
  await set([aBand()], { validUntil: dayAfter(29) })
  expect(await read()).toMatchObject({ runsOutOn: null, filledUntil: dayAfter(21) })
  await set([aBand()], { validUntil: dayAfter(28) })
  expect(await read()).toMatchObject({ runsOutOn: dayAfter(28) })
  await set([hourly('09:00', '10:00')], { validFrom: dayAfter(29) })
  expect(await read()).toMatchObject({
    runsOutOn: null,
    versions: [
      { validFrom: dayAfter(1), validUntil: dayAfter(28), bands: [aBand()] },
      { validFrom: dayAfter(29), validUntil: null, bands: [hourly('09:00', '10:00')] },
    ],
  })
  await set([aBand()], { validFrom: dayAfter(10), validUntil: dayAfter(12) })
  const { versions, runsOutOn } = await read()
  expect(versions.map((one) => [one.validFrom, one.validUntil])).toEqual([
    [dayAfter(1), dayAfter(9)],
    [dayAfter(10), dayAfter(12)],
  ])
  expect(runsOutOn).toBe(dayAfter(12))
  await set([], { validFrom: dayAfter(3) })
  expect((await read()).runsOutOn).toBe(dayAfter(2))
})

test('a visit type that does not exist is refused, and nothing is written', async ({ scene: { doctor, engine } }) => {
  const hours = hoursOf(doctor, [aBand({ visitTypeIds: [doctor.id] })])
  expect(await engine.workingHours.set(hours)).toEqual({ kind: 'visit_type_missing' })
  expect((await engine.workingHours.read(doctor.id)).versions).toEqual([])
})

test('another zone of the clinic moves what the hours create, and not what is booked', async ({
  database,
  scene: { clinic, doctor, engine, set, rows },
}) => {
  await set([hourly('09:00', '10:00')], { validFrom: dayAfter(2) })
  await engine.directory.updateClinic(clinic.id, { timezone: 'Asia/Kolkata', withSlots: true })
  await fillAll(database, doctor.id)
  expect(open(await rows('slot', 5))).toEqual(['03:30–04:30'])
})

test('previews and changes of a doctor’s hours at once wait for each other', async ({
  database,
  scene: { clinic, engine },
}) => {
  for (let round = 0; round < 4; round += 1) {
    const hours = hoursOf(await aDoctor(database, clinic), [hourly('09:00', '12:00')])
    const { preview, set } = engine.workingHours
    const outcomes = await Promise.all([preview(hours), preview(hours), set(hours), preview(hours), set(hours)])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['preview', 'preview', 'done', 'preview', 'done'])
  }
})

test('hours that follow each other have as many slots in all as hours may have alone, and fifty versions', async ({
  database,
}) => {
  const clinic = await aClinic(database, { settings: { bookingHorizonDays: 730 } })
  const doctor = await aDoctor(database, clinic)
  const engine = engineOf(database)
  // 288 slots a day.
  const full = aBand({ from: '00:00', to: '24:00', slotMinutes: 5 })
  await replaced(database, hoursOf(doctor, [full], { validFrom: dayAfter(0), validUntil: dayAfter(99) }))
  const next = hoursOf(doctor, [full], { validFrom: dayAfter(100), validUntil: dayAfter(199) })
  const refusal = { kind: 'too_many_hours', of: 'slots', max: 50_000, found: 57_600 }
  expect(await engine.workingHours.preview(next)).toMatchObject(refusal)
  // Also if the preview was of what there was before.
  expect(await replaced(database, next)).toMatchObject(refusal)
  // The controls: fewer days; and hours that replace the others.
  expect(await replaced(database, { ...next, validUntil: dayAfter(172) })).toBeNull()
  expect(await replaced(database, { ...next, validFrom: dayAfter(0) })).toMatchObject({ of: 'slots', found: 57_600 })
  expect(await replaced(database, { ...next, validFrom: dayAfter(50), validUntil: dayAfter(149) })).toBeNull()

  const colleague = await aDoctor(database, clinic)
  const from = (day: number) => replaced(database, hoursOf(colleague, [aBand()], { validFrom: dayAfter(day) }))
  for (let day = -5; day < 50; day += 1) expect(await from(day)).toBeNull()
  expect(await from(50)).toMatchObject({ kind: 'too_many_hours', of: 'versions', max: 50, found: 51 })
  expect(await from(49)).toBeNull()
})

/** What a change writes, without the preview before it. */
function replaced(database: TestDatabase, hours: NewWorkingHours) {
  return inTransaction(database.appPool, (transaction) => replaceHours(transaction, hours))
}
