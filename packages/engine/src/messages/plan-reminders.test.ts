import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { inTransaction } from '../database/pools.ts'
import { loggedEvents } from '../tail/logged-events.ts'
import { createMessages } from './create-messages.ts'
import { planMessages } from './plan-messages.ts'

const dayMs = 86_400_000
const inDays = (days: number) => new Date(Math.floor(Date.now() / dayMs) * dayMs + days * dayMs + dayMs / 2)
const patient = { name: 'Ada', email: 'ada@example.org' }

async function aClinicWithVisits(database: TestDatabase) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slot = await aSlot(database, doctor, { startsAt: inDays(3), capacity: 9 })
  const soon = await aSlot(database, doctor, { startsAt: inDays(1) })
  return { clinic, slot, soon, messages: createMessages(database.appPool) }
}

async function reminders(database: TestDatabase, clinicNo: number) {
  const { rows } = await database.ownerPool.query(sql`
    select booking_id as id, version, channel, minutes_before as before, by_clinic as "byClinic"
     from holdfast.message where clinic_no = ${clinicNo} order by booking_id, version, channel, minutes_before`)
  return rows.map(({ id, version, channel, before, byClinic }) => [id, version, channel, before, byClinic])
}

const all = { cursor: null, isDryRun: false }

test('visits that were booked without messages get the reminders of the settings alone', async ({ database }) => {
  const { clinic, slot, messages } = await aClinicWithVisits(database)
  const booking = await aBooking(database, slot, { patient })
  for (const other of [
    { patient: { name: 'Without address' } },
    { patient, status: 'CANCELLED' },
    { patient, status: 'PENDING' },
  ] as const) {
    await aBooking(database, slot, other)
  }
  expect(await messages.planReminders(clinic.no, { cursor: null, isDryRun: true })).toEqual({
    bookings: 1,
    nextCursor: null,
  })
  expect(await reminders(database, clinic.no)).toEqual([])
  expect(await messages.planReminders(clinic.no, all)).toEqual({ bookings: 1, nextCursor: null })
  const planned = [
    [booking.id, 2, 'email', 120, false],
    [booking.id, 2, 'email', 1440, false],
  ]
  expect(await reminders(database, clinic.no)).toEqual(planned)
  // A request whose response was lost is repeated, or another server has done it.
  expect(await messages.planReminders(clinic.no, all)).toEqual({ bookings: 0, nextCursor: null })
  expect(await reminders(database, clinic.no)).toEqual(planned)
})

test('two servers plan at once: each reminder is planned once', async ({ database }) => {
  const { clinic, slot, messages } = await aClinicWithVisits(database)
  await aBooking(database, slot, { patient })
  await Promise.all([1, 2, 3].map(() => messages.planReminders(clinic.no, all)))
  expect(await reminders(database, clinic.no)).toHaveLength(2)
})

test('reminders planned by the relay are not planned again; one that the settings add is', async ({ database }) => {
  const { clinic, slot, messages } = await aClinicWithVisits(database)
  const booking = await aBooking(database, slot, { patient })
  const lines = [1, 2].map((version) => ({ bookingId: booking.id, version }))
  const events = await loggedEvents(database.appPool, lines)
  await inTransaction(database.appPool, (transaction) => planMessages(transaction, events))
  expect(await messages.planReminders(clinic.no, all)).toMatchObject({ bookings: 0 })
  await messages.changeSettings(clinic.no, { reminderMinutes: [1440, 600] })
  expect(await messages.planReminders(clinic.no, all)).toMatchObject({ bookings: 1 })
  const planned = (await reminders(database, clinic.no)).map(([, , , before]) => before)
  expect(planned).toEqual([0, 120, 600, 1440])
})

test('a moved visit gets those of its new time, by SMS, too; none of a time that is past', async ({ database }) => {
  const { clinic, slot, soon, messages } = await aClinicWithVisits(database)
  const engine = engineOf(database)
  const booking = await aBooking(database, slot, { patient: { ...patient, phone: '+49 171 1234567' } })
  await engine.move({ bookingId: booking.id, slotId: soon.id, actorId: null, onBehalf: true })
  await messages.changeSettings(clinic.no, { smsKinds: ['reminder'], phoneCountry: 'DE', reminderMinutes: [2880, 60] })
  expect(await messages.planReminders(clinic.no, all)).toMatchObject({ bookings: 1 })
  expect(await reminders(database, clinic.no)).toEqual([
    [booking.id, 3, 'email', 60, false],
    [booking.id, 3, 'sms', 60, false],
  ])
})

test('a clinic without visits, or with none to come, has nothing to plan', async ({ database, clinic }) => {
  const { planReminders } = createMessages(database.appPool)
  expect(await planReminders(clinic.no, all)).toEqual({ bookings: 0, nextCursor: null })
})

test('more than 500 bookings are planned in several requests', async ({ database, clinic }) => {
  const slot = await aSlot(database, await aDoctor(database, clinic), { startsAt: inDays(3), capacity: 600 })
  const { planReminders } = createMessages(database.appPool)
  await aBooking(database, slot, { patient })
  await database.ownerPool.query(
    `with copied as (
       insert into holdfast.booking
       select (jsonb_populate_record(b, jsonb_build_object('id', holdfast.new_id(b.clinic_no, b.created_at)))).*
         from holdfast.booking b, generate_series(1, 501) where b.clinic_no = $1
       returning id)
     insert into holdfast.booking_event
     select (jsonb_populate_record(e, jsonb_build_object('booking_id', copied.id))).*
       from holdfast.booking_event e, copied where e.clinic_no = $1`,
    [clinic.no],
  )
  const first = await planReminders(clinic.no, all)
  expect(first).toMatchObject({ bookings: 500 })
  const rest = await planReminders(clinic.no, { cursor: first.nextCursor, isDryRun: false })
  expect(rest).toEqual({ bookings: 2, nextCursor: null })
})
