import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { createReads } from './create-reads.ts'

async function listed({ appPool }: TestDatabase, clinicNo: number) {
  const today = Temporal.Now.plainDateISO('UTC')
  const days = { from: today.subtract({ days: 1 }).toString(), to: today.add({ days: 1 }).toString() }
  const any = { status: null, confirmedOnly: false, doctorId: null, q: null, limit: 100, cursor: null }
  return (await createReads(appPool).bookingsOfClinic({ clinicNo, ...days, ...any })).items
}

test('a clinic’s list says when those who are there arrived, also after a completion was undone', async ({
  database,
}) => {
  const clinic = await aClinic(database, { timezone: 'UTC' })
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { capacity: 2, startsAt: new Date(Date.now() - 60_000) })
  const there = await aBooking(database, slot)
  await aBooking(database, slot)
  const arrivals = async () => (await listed(database, clinic.no)).flatMap(({ arrivedAt }) => arrivedAt ?? [])
  const settle = (action: 'arrive' | 'complete' | 'reopen') =>
    runSettleBatch(database.appPool, [
      { bookingId: there.id, action, actorId: null, onBehalf: true, key: null, reason: null },
    ])
  expect(await arrivals()).toEqual([])
  await settle('arrive')
  const [arrivedAt] = await arrivals()
  expect(arrivedAt).toBeInstanceOf(Date)
  await settle('complete')
  expect(await arrivals()).toEqual([])
  await settle('reopen')
  expect(await arrivals()).toEqual([arrivedAt])
})
