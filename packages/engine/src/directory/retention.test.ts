import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createEngine } from '../create-engine.ts'
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

test('erasure begins no sooner than 24 hours after a shorter time, and not if that is undone', async ({ database }) => {
  const { clinic, directory, keepFor, pass, stop } = await aScene(database)
  const retention = () => directory.retention(clinic.no, null)
  expect(await retention()).toEqual({ months: 0, startsAt: null, due: 0 })
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
  expect(await retention()).toEqual({ months: 6, startsAt: null, due: 1 })
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
  const { startsAt } = await directory.retention(clinic.no, null)
  await keepFor(2)
  await directory.updateClinic(clinic.id, { settings: { holdSeconds: 300 }, name: 'Renamed' })
  expect(await directory.retention(clinic.no, null)).toEqual({ months: 2, startsAt, due: 2 })
  expect(await eraseOutdated(database.appPool)).toBe(0)
  await stop()
})

test('whom another time would erase is counted, without who is erased or still to come', async ({ database }) => {
  const { clinic, directory, stop } = await aScene(database)
  const due = async (months: number) => (await directory.retention(clinic.no, months)).due
  expect([await due(0), await due(1), await due(3), await due(12), await due(24)]).toEqual([0, 3, 2, 1, 0])
  await database.ownerPool.query(
    `select * from holdfast.erase_patient($1, (select array_agg(id) from holdfast.booking where patient->>'name' = $2),
       null, $3)`,
    [clinic.no, 'booked 400', randomUUID()],
  )
  expect(await due(1)).toBe(2)
  await expect(directory.retention(2_000_000_000, null)).rejects.toThrow('There is no clinic')
  await stop()
})
