import {
  aBooking,
  aClinic,
  aDoctor,
  addMonths,
  ageBooking,
  aSlot,
  type BuiltBooking,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'
import type { MessagesQuery } from '../model/message.ts'
import { createMessages } from './create-messages.ts'

/** Messages that were sent, about one booking, the first at `from` and each a millisecond later than the last. */
async function sentMessages(database: TestDatabase, { clinicNo, id }: BuiltBooking, from: string, count = 1) {
  await database.ownerPool.query(
    `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at,
       created_at)
     select $1, holdfast.new_id($1, now()), $2, n, $3, 'confirmed', 'email', 'sent', now(), now(),
            $4::timestamptz + n * interval '1 millisecond'
       from generate_series(1, $5) n`,
    [clinicNo, id, newId(clinicNo), from, count],
  )
}

async function aVisitOf(
  database: TestDatabase,
  patient: { name: string; email?: string },
  startsAt = '2031-05-05T09:00Z',
) {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), {
    capacity: 9,
    startsAt: new Date(startsAt),
  })
  const book = (other: { name: string; email?: string }) => aBooking(database, slot, { patient: other })
  return { book, booking: await book(patient) }
}

const all = { bookingId: null, state: null, q: null, limit: 50, cursor: null } satisfies Partial<MessagesQuery>

test('a message is listed with the patient and the time of its booking', async ({ database }) => {
  const { booking } = await aVisitOf(database, { name: 'Ada Lovelace', email: 'ada@example.org' })
  await sentMessages(database, booking, '2031-04-01')
  const { items } = await createMessages(database.appPool).list({ ...all, clinicNo: booking.clinicNo })
  expect(items).toMatchObject([
    {
      bookingId: booking.id,
      booking: { id: booking.id, patient: { name: 'Ada Lovelace' }, startsAt: new Date('2031-05-05T09:00Z') },
    },
  ])
})

test('a message of a booking that is archived is listed without it', async ({ database }) => {
  const { booking } = await aVisitOf(database, { name: 'Ada' })
  await sentMessages(database, { ...booking, id: newId(booking.clinicNo) }, '2031-04-01')
  const { items } = await createMessages(database.appPool).list({ ...all, clinicNo: booking.clinicNo })
  expect(items).toMatchObject([{ booking: null }])
})

test('messages are found by the name, address and reference of their booking, of one clinic', async ({ database }) => {
  const { booking, book } = await aVisitOf(database, { name: 'Zoë Groß', email: 'zoe@example.org' })
  const other = await book({ name: 'Ada' })
  const elsewhere = await aVisitOf(database, { name: 'Zoë Groß' })
  for (const one of [booking, other, elsewhere.booking]) await sentMessages(database, one, '2031-04-01')
  const messages = createMessages(database.appPool)
  const found = async (q: string) =>
    (await messages.list({ ...all, clinicNo: booking.clinicNo, q })).items.map(({ bookingId }) => bookingId)
  const reference = `${booking.id.slice(-8, -4)}-${booking.id.slice(-4)}`.toUpperCase()
  for (const q of ['zoe gross', 'ZOE@example', reference, booking.id]) expect(await found(q), q).toEqual([booking.id])
  expect(await found('nobody')).toEqual([])
  expect(await found('')).toHaveLength(2)
})

test('a search finds a message behind 10,000 others, page by page and each one once', async ({ database }) => {
  const { booking, book } = await aVisitOf(database, { name: 'Pia' })
  const other = await book({ name: 'Ada' })
  await sentMessages(database, booking, '2031-03-01', 3)
  await sentMessages(database, other, '2031-04-01', 10_000)
  await sentMessages(database, await book({ name: 'Pia' }), '2031-05-01', 2)
  const messages = createMessages(database.appPool)
  const found: string[] = []
  let cursor: string | null = null
  do {
    const page = await messages.list({ ...all, clinicNo: booking.clinicNo, q: 'pia', limit: 2, cursor })
    expect(page.items.length).toBeLessThanOrEqual(2)
    found.push(...page.items.map(({ createdAt }) => createdAt.toISOString()))
    cursor = page.nextCursor
  } while (cursor !== null)
  const expected = ['05-01', '05-01', '03-01', '03-01', '03-01']
  expect(found.map((at) => at.slice(5, 10))).toEqual(expected)
  expect(new Set(found).size).toBe(expected.length)
})

test('a search merges bookings that were created a year apart by the times of their messages', async ({ database }) => {
  await addMonths(database, 12)
  const { booking, book } = await aVisitOf(database, { name: 'Pia' })
  const old = await ageBooking(database, await book({ name: 'Pia' }), 300)
  const third = await book({ name: 'Pia' })
  for (const [one, at] of [
    [booking, '2031-04-02'],
    [old, '2031-04-03'],
    [third, '2031-04-01'],
  ] as const) {
    await sentMessages(database, one, at)
  }
  const messages = createMessages(database.appPool)
  const { items } = await messages.list({ ...all, clinicNo: booking.clinicNo, q: 'pia' })
  expect(items.map(({ booking: one }) => one?.id)).toEqual([old.id, booking.id, third.id])
})
