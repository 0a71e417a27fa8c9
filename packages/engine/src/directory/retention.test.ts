import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
import { newId } from '../model/id.ts'
import { eraseOutdated } from '../upkeep/erase-outdated.ts'

const hoursMs = 3_600_000
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * hoursMs)

async function aScene(database: TestDatabase) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  for (const days of [400, 100, 50, -10]) {
    const slot = await aSlot(database, doctor, { startsAt: daysAgo(days), capacity: 2 })
    await aBooking(database, slot, { patient: { name: `booked ${days}` } })
  }
  const { directory, stop } = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const keepFor = (months: number) => directory.updateClinic(clinic.id, { settings: { patientDataMonths: months } })
  const pass = () =>
    database.ownerPool.query(`update holdfast.clinic
        set patient_data_erased_from = patient_data_erased_from - interval '24 hours'`)
  return { clinic, directory, keepFor, pass, stop }
}

const noMessages = { messageDays: 180, messagesDue: 0 }

test('erasure begins no sooner than 24 hours after a shorter time, and not if that is undone', async ({ database }) => {
  const { clinic, directory, keepFor, pass, stop } = await aScene(database)
  const retention = () => directory.retention(clinic.no, { months: null, messageDays: null })
  expect(await retention()).toEqual({ months: 0, startsAt: null, due: 0, ...noMessages })
  await keepFor(6)
  const first = await retention()
  expect(first).toMatchObject({ months: 6, due: 1 })
  expect(Math.abs((first.startsAt?.getTime() ?? 0) - Date.now() - 24 * hoursMs)).toBeLessThan(hoursMs)
  expect(await eraseOutdated(database.appPool)).toBe(0)
  await keepFor(0)
  await pass()
  expect(await eraseOutdated(database.appPool)).toBe(0)

  await keepFor(6)
  await pass()
  expect(await retention()).toEqual({ months: 6, startsAt: null, due: 1, ...noMessages })
  expect(await eraseOutdated(database.appPool)).toBe(1)
  // A longer time needs no grace period, a shorter one does.
  await keepFor(12)
  expect((await retention()).startsAt).toBeNull()
  await keepFor(1)
  expect(await retention()).toMatchObject({ months: 1, due: 2, startsAt: expect.any(Date) })
  expect(await eraseOutdated(database.appPool)).toBe(0)
  await stop()
})

test('a longer time and other settings do not end the grace period', async ({ database }) => {
  const { clinic, directory, keepFor, stop } = await aScene(database)
  await keepFor(1)
  const { startsAt } = await directory.retention(clinic.no, { months: null, messageDays: null })
  await keepFor(2)
  await directory.updateClinic(clinic.id, { settings: { holdSeconds: 300 }, name: 'Renamed' })
  expect(await directory.retention(clinic.no, { months: null, messageDays: null })).toMatchObject({
    months: 2,
    startsAt,
    due: 2,
  })
  expect(await eraseOutdated(database.appPool)).toBe(0)
  await stop()
})

test('whom another time would erase is counted, without who is erased or still to come', async ({ database }) => {
  const { clinic, directory, stop } = await aScene(database)
  const due = async (months: number) => (await directory.retention(clinic.no, { months, messageDays: null })).due
  expect([await due(0), await due(1), await due(3), await due(12), await due(24)]).toEqual([0, 3, 2, 1, 0])
  await database.ownerPool.query(
    `select * from holdfast.erase_patient($1, (select array_agg(id) from holdfast.booking where patient->>'name' = $2),
       null, $3)`,
    [clinic.no, 'booked 400', randomUUID()],
  )
  expect(await due(1)).toBe(2)
  await expect(directory.retention(2_000_000_000, { months: null, messageDays: null })).rejects.toThrow(
    'There is no clinic',
  )
  await stop()
})

test('messages that another time would delete are counted, and those that wait are not', async ({ database }) => {
  const { clinic, directory, stop } = await aScene(database)
  for (const [days, state] of [
    [400, 'sent'],
    [100, 'failed'],
    [20, 'sent'],
    [400, 'due'],
  ] as const) {
    await database.ownerPool.query(
      `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at,
         created_at)
       values ($1, $2, $2, 1, $2, 'confirmed', 'email', $3, now(), case when $3 <> 'due' then now() end,
         now() - make_interval(days => $4))`,
      [clinic.no, newId(clinic.no), state, days],
    )
  }
  const due = async (messageDays: number | null) =>
    (await directory.retention(clinic.no, { months: null, messageDays })).messagesDue
  expect([await due(null), await due(7), await due(90), await due(730)]).toEqual([1, 3, 2, 0])
  await directory.updateClinic(clinic.id, { settings: { messageDays: 30 } })
  expect(await directory.retention(clinic.no, { months: null, messageDays: null })).toMatchObject({
    messageDays: 30,
    messagesDue: 2,
  })
  await stop()
})
