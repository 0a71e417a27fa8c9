import { aBooking, anOfferMessage, aSlot, type BuiltDoctor, type TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../test/waitlist.ts'
import { quietHoursAround } from '../messages/reminder-times.ts'

const hour = 3_600_000
const timeAt = (at: number) => new Date(at).toISOString().slice(11, 16)

/** Quiet hours of these times, in the clinic's zone, UTC. Equal: there are none. */
function quietHours(database: TestDatabase, { clinicNo }: BuiltDoctor, from: string, until: string) {
  return database.ownerPool.query(
    'insert into holdfast.message_settings (clinic_no, quiet_from, quiet_until) values ($1, $2, $3)',
    [clinicNo, from, until],
  )
}

test('an offer is open for the time of the clinic', async ({ database, doctor, offered }) => {
  await quietHours(database, doctor, '00:00', '00:00')
  const { offer } = await offered()
  expect((offer.holdExpiresAt?.getTime() ?? 0) - offer.createdAt.getTime()).toBe(30 * 60_000)
})

test.for([
  { minutes: 1_500, open: 30 },
  { minutes: 300, open: 20 },
  { minutes: 150, open: 10 },
  { minutes: 70, open: 5 },
  { minutes: 63, open: 3 },
  { minutes: 61, open: null },
  { minutes: 30, open: null },
])('a place $minutes minutes ahead is on offer for $open minutes', async ({ minutes, open }, { database }) => {
  const { rows } = await database.ownerPool.query<{ open: number | null }>(
    `select (extract(epoch from holdfast.offer_until(t, t + make_interval(mins => $1), 30, 60, null) - t)
              / 60)::float as open
       from (select now() as t) q`,
    [minutes],
  )
  expect(rows[0]?.open ?? null).toBe(open)
})

test.for([
  { what: 'far ahead', quiet: 600, ahead: 3_000, open: 630 },
  { what: 'six hours after them', quiet: 600, ahead: 960, open: 620 },
  { what: 'three hours after them', quiet: 600, ahead: 780, open: 615 },
  { what: 'as soon after them as the notice allows', quiet: 600, ahead: 675, open: 615 },
  { what: 'a minute sooner', quiet: 600, ahead: 674, open: 20 },
  { what: 'before they end', quiet: 600, ahead: 150, open: 10 },
  { what: 'far ahead, in quiet hours of almost a day', quiet: 1_430, ahead: 9_000, open: 30 },
])('in quiet hours, a place $what is on offer for $open minutes', async ({ quiet, ahead, open }, { database }) => {
  const { rows } = await database.ownerPool.query<{ open: number }>(
    `select (extract(epoch from holdfast.offer_until(t, t + make_interval(mins => $1), 30, 60,
              t + make_interval(mins => $2)) - t) / 60)::float as open
       from (select now() as t) q`,
    [ahead, quiet],
  )
  expect(rows).toEqual([{ open }])
})

test.for([
  ['21:00', '07:00', '2026-11-20T22:30Z', '2026-11-21T07:00:00.000Z'],
  ['21:00', '07:00', '2026-11-21T06:59Z', '2026-11-21T07:00:00.000Z'],
  ['21:00', '07:00', '2026-11-21T07:00Z', null],
  ['21:00', '07:00', '2026-11-21T20:59Z', null],
  ['12:00', '14:00', '2026-11-21T13:00Z', '2026-11-21T14:00:00.000Z'],
  ['12:00', '14:00', '2026-11-21T11:59Z', null],
  ['00:00', '00:00', '2026-11-21T03:00Z', null],
] as const)('quiet hours from %s until %s, at %s', async ([from, until, at, expected], { database, doctor }) => {
  await quietHours(database, doctor, from, until)
  const { rows } = await database.ownerPool.query<{ until: Date | null }>(
    'select holdfast.quiet_until($1, $2) as until',
    [doctor.clinicNo, at],
  )
  expect(rows[0]?.until?.toISOString() ?? null).toBe(expected)
  const around = quietHoursAround(new Date(at), 'UTC', { quietFrom: from, quietUntil: until })
  expect(around?.end.toISOString() ?? null).toBe(expected)
})

test('an offer made in quiet hours goes to whoever is first, who has time after they end', async ({
  database,
  doctor,
  settle,
  wait,
  offerOf,
  expectClean,
}) => {
  await quietHours(database, doctor, timeAt(Date.now() - hour), timeAt(Date.now() + 9 * hour))
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 72 * hour) })
  const booking = await aBooking(database, slot)
  const [first, second] = [await wait(), await wait()]
  await settle(booking, 'cancel')
  const offer = await offerOf(first)
  expect(offer).toMatchObject({ slotId: slot.id, status: 'PENDING' })
  const minutes = ((offer?.holdExpiresAt?.getTime() ?? 0) - Date.now()) / 60_000
  expect(minutes).toBeGreaterThan(9 * 60 + 28)
  expect(minutes).toBeLessThanOrEqual(9 * 60 + 30)
  expect(await offerOf(second)).toBeNull()
  await expectClean()
})

const email = { name: 'Grace Hopper', email: 'grace@example.org' }
const phone = { name: 'Grace Hopper', phone: '+49 171 1234567' }

test.for([
  { what: 'with an e-mail address', patient: email, settings: '', hours: 9.5 },
  { what: 'with a telephone number alone', patient: phone, settings: '', hours: 0.5 },
  { what: 'with a number that gets SMS', patient: phone, settings: `sms_kinds = '{offered}'`, hours: 9.5 },
  { what: 'of a clinic without e-mails', patient: email, settings: 'emails = false', hours: 0.5 },
  { what: 'after an e-mail that was only stored', patient: email, settings: '', newest: 'kept', hours: 0.5 },
  { what: 'after an e-mail that was sent', patient: email, settings: '', newest: 'sent', hours: 9.5 },
] as const)(
  'an offer in quiet hours is open for $hours hours: an entry $what',
  async ({ patient, settings, hours, ...more }, { database, doctor, full, settle, wait, offerOf, expectClean }) => {
    await quietHours(database, doctor, timeAt(Date.now() - hour), timeAt(Date.now() + 9 * hour))
    if (settings !== '') {
      await database.ownerPool.query(
        `update holdfast.message_settings set phone_country = 'DE', ${settings} where clinic_no = $1`,
        [doctor.clinicNo],
      )
    }
    if ('newest' in more) {
      const { slot, booking } = await full()
      const earlier = await wait()
      await settle(booking, 'cancel')
      await anOfferMessage(database, earlier, { state: more.newest })
      expect((await offerOf(earlier))?.slotId).toBe(slot.id)
    }
    const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 72 * hour) })
    const booking = await aBooking(database, slot)
    const entry = await wait({ patient: { ...patient, name: 'Ada Lovelace' } })
    await settle(booking, 'cancel')
    const offer = await offerOf(entry)
    const open = ((offer?.holdExpiresAt?.getTime() ?? 0) - (offer?.createdAt.getTime() ?? 0)) / hour
    expect(Math.abs(open - hours)).toBeLessThan(0.1)
    const { rows } = await database.ownerPool.query('select next_lapse from holdfast.slot where id = $1', [slot.id])
    expect(rows[0]?.next_lapse).toEqual(offer?.holdExpiresAt)
    await expectClean()
  },
)
