import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../../test/rest-test.ts'

/** No part of a sealed text, which is hexadecimal, or of an id. */
const secretWord = 'quokka'
const url = `webcal://calendar.example.org/private-${secretWord}/basic.ics`

test('a doctor sets, reads and removes an external calendar, whose URL is hidden', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const as = await rest.aMember(clinic.no, 'doctor', doctor.id)
  const of = { path: { doctorId: doctor.id }, as }
  expect((await rest.call('getBusyCalendar', of)).body).toEqual({ calendar: null, conflicts: [] })
  const set = await rest.call('setBusyCalendar', { ...of, body: { url }, key: 'the same key' })
  expect(set).toMatchObject({
    status: 200,
    body: {
      calendar: {
        host: 'calendar.example.org',
        readAt: null,
        failingSince: null,
        reason: null,
        problem: null,
        leftOut: 0,
        leftOutEvents: [],
        emptySince: null,
        emptiedAt: null,
      },
    },
  })
  const read = await rest.call('getBusyCalendar', of)
  expect(JSON.stringify([set.body, read.body, rest.audited])).not.toContain(secretWord)
  const { rows } = await database.ownerPool.query<{ row: string }>(`
    select to_jsonb(b)::text as row from holdfast.busy_calendar b
     union all select to_jsonb(a)::text from holdfast.answer a`)
  for (const { row } of rows) expect(row).not.toContain(secretWord)
  expect((await rest.call('deleteBusyCalendar', of)).status).toBe(204)
  expect((await rest.call('getBusyCalendar', of)).body.calendar).toBeNull()
  const details = rest.audited.filter(({ subjectId }) => subjectId === doctor.id).map((one) => one.details)
  expect(details).toEqual([['busy calendar set'], ['busy calendar removed']])
})

test('blocked slots and conflicts are listed; a booking of a blocked slot says why', async ({ database, rest }) => {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const admin = await rest.aMember(clinic.no, 'admin')
  const of = { path: { doctorId: doctor.id }, as: admin }
  const slot = await aSlot(database, doctor, { capacity: 2 })
  const booking = await aBooking(database, slot)
  await rest.call('setBusyCalendar', { ...of, body: { url } })
  await database.ownerPool.query('update holdfast.slot set blocked_at = now() where id = $1', [slot.id])
  const { conflicts } = (await rest.call('getBusyCalendar', of)).body
  expect(conflicts.map(({ id }) => id)).toEqual([booking.id])
  const reads = () =>
    rest.audited
      .filter(({ kind, clinicNo }) => kind === 'bookings_read' && clinicNo === clinic.no)
      .map((one) => one.details)
  expect(reads()).toEqual([['busy calendar']])
  // The conflicts of the former URL are shown until the new one is read.
  const changed = await rest.call('setBusyCalendar', { ...of, body: { url } })
  expect(changed.body.conflicts.map(({ id }) => id)).toEqual([booking.id])
  expect(reads()).toEqual([['busy calendar'], ['busy calendar']])
  const day = slot.startsAt.toISOString().slice(0, 10)
  const blocked = await rest.call('listBlockedSlots', { ...of, query: { from: day, to: day } })
  expect(blocked.body).toEqual({ items: [{ slotId: slot.id, cause: 'external_calendar', note: null }] })
  const claimed = await rest.call('createBooking', { body: { slotId: slot.id, patient: { name: 'Ada' } }, key: 'one' })
  expect(claimed.problem).toMatchObject({ code: 'slot_closed', detail: expect.stringContaining('busy') })
})

test('a URL that cannot be used is refused, and so are staff and other doctors', async ({ database, rest, clinic }) => {
  const [doctor, other] = [await aDoctor(database, clinic), await aDoctor(database, clinic)]
  const as = await rest.aMember(clinic.no, 'doctor', doctor.id)
  const of = { path: { doctorId: doctor.id }, as }
  for (const wrong of ['ftp://calendar.example.org/a', 'https://user:secret@calendar.example.org/', 'no address']) {
    const { problem } = await rest.call('setBusyCalendar', { ...of, body: { url: wrong } })
    expect(problem.errors?.[0]?.path).toMatch(/url$/)
  }
  const colleague = await rest.aMember(clinic.no, 'doctor', other.id)
  const staff = await rest.aMember(clinic.no, 'staff')
  for (const stranger of [colleague, staff]) {
    expect((await rest.call('setBusyCalendar', { ...of, as: stranger, body: { url } })).problem.code).toBe('forbidden')
  }
})
