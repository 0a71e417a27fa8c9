import { aBooking, aClinic, aDoctor, aSlot, lapseHolds } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createReads } from './create-reads.ts'

const dayAhead = (days: number) => Temporal.Now.plainDateISO('UTC').add({ days }).toString()

test('statistics by local day of the slots, with the effective status', async ({ database }) => {
  const clinic = await aClinic(database, { timezone: 'America/Sao_Paulo' })
  const doctor = await aDoctor(database, clinic)
  const at = (date: string, time: string) =>
    new Date(Temporal.PlainDateTime.from(`${date}T${time}`).toZonedDateTime('America/Sao_Paulo').epochMilliseconds)
  const [first, second, third] = [dayAhead(5), dayAhead(6), dayAhead(7)] as const
  const morning = await aSlot(database, doctor, { startsAt: at(first, '00:00'), capacity: 10 })
  const night = await aSlot(database, doctor, { startsAt: at(first, '23:45'), capacity: 4 })
  const next = await aSlot(database, doctor, { startsAt: at(second, '12:00'), capacity: 6 })
  const withdrawn = await aSlot(database, doctor, { startsAt: at(second, '13:00'), capacity: 50, withdrawn: true })
  await aSlot(database, doctor, { startsAt: at(third, '00:00'), capacity: 99 })
  const createdAt = new Date(morning.startsAt.getTime() - 10 * 3_600_000)
  await aBooking(database, morning, { units: 2, createdAt })
  await aBooking(database, morning, { status: 'ARRIVED', createdAt })
  await aBooking(database, morning, { status: 'COMPLETED', createdAt })
  await aBooking(database, morning, { status: 'COMPLETED', createdAt })
  await aBooking(database, morning, { status: 'NO_SHOW', createdAt })
  await aBooking(database, morning, { status: 'CANCELLED' })
  await aBooking(database, withdrawn, { status: 'slot_withdrawn' })
  await aBooking(database, night, { status: 'hold_expired' })
  await aBooking(database, next, { status: 'PENDING', units: 3 })
  await lapseHolds(database, next)
  await aBooking(database, next, {
    status: 'PENDING',
    units: 1,
    createdAt: new Date(next.startsAt.getTime() - 20 * 3_600_000),
  })

  const stats = await createReads(database.appPool).clinicStats({ clinicNo: clinic.no, from: first, to: second })
  expect(stats).toEqual({
    days: [
      {
        date: first,
        capacity: 14,
        taken: 6,
        openMinutes: 14 * 15,
        takenMinutes: 6 * 15,
        bookings: { CONFIRMED: 1, ARRIVED: 1, COMPLETED: 2, NO_SHOW: 1, CANCELLED: 1, FAILED: 1 },
        lapsed: 1,
        released: 0,
      },
      {
        date: second,
        capacity: 6,
        taken: 1,
        openMinutes: 6 * 15,
        takenMinutes: 15,
        bookings: { PENDING: 1, FAILED: 2 },
        lapsed: 1,
        released: 0,
      },
    ],
    totals: { PENDING: 1, CONFIRMED: 1, FAILED: 3, CANCELLED: 1, ARRIVED: 1, NO_SHOW: 1, COMPLETED: 2 },
    utilisation: 7 / 20,
    lapseRate: 2 / 10,
    noShowRate: 1 / 4,
    leadTimeHoursMedian: 10,
  })
})

test('a clinic without slots: every day is listed, and the rates are null', async ({ database, clinic }) => {
  const stats = await createReads(database.appPool).clinicStats({
    clinicNo: clinic.no,
    from: dayAhead(0),
    to: dayAhead(2),
  })
  const nothing = { capacity: 0, taken: 0, openMinutes: 0, takenMinutes: 0, bookings: {}, lapsed: 0, released: 0 }
  expect(stats.days).toEqual([0, 1, 2].map((days) => ({ date: dayAhead(days), ...nothing })))
  expect(stats).toMatchObject({ utilisation: null, lapseRate: null, noShowRate: null, leadTimeHoursMedian: null })
})
