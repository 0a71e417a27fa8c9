import { aBooking, aSlot, type BuiltDoctor, someMessageSettings, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { test } from '../../test/waitlist.ts'
import { quietHoursAround } from '../messages/reminder-times.ts'
import type { Booking } from '../model/booking.ts'

const hour = 3_600_000
const timeAt = (at: number) => new Date(at).toISOString().slice(11, 16)

/** Quiet hours of these times, in the clinic's zone, UTC. Equal: there are none. */
async function quietHours(database: TestDatabase, { clinicNo }: BuiltDoctor, from: string, until: string) {
  await someMessageSettings(database, clinicNo, { quiet_from: from, quiet_until: until })
}

test('an offer is open for the time of the clinic', async ({ offered }) => {
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
  const { rows } = await database.ownerPool.query<{ open: number | null }>(sql`
    select (extract(epoch from holdfast.offer_until(t, t + make_interval(mins => ${minutes}), 30, 60, null) - t)
            / 60)::float as open
     from (select now() as t) q`)
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
  const { rows } = await database.ownerPool.query<{ open: number }>(sql`
    select (extract(epoch from holdfast.offer_until(t, t + make_interval(mins => ${ahead}), 30, 60,
            t + make_interval(mins => ${quiet})) - t) / 60)::float as open
     from (select now() as t) q`)
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
  const { rows } = await database.ownerPool.query<{ until: Date | null }>(sql`
    select holdfast.quiet_until(${doctor.clinicNo}, ${at}) as until`)
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
})

const email = { name: 'Ada Lovelace', email: 'ada@example.org' }
const phone = { name: 'Ada Lovelace', phone: '+49 171 1234567' }
const bySms = `sms_kinds = '{offered}'`

type Night = {
  who: string
  patient: { name: string; email?: string; phone?: string }
  settings?: string
  /** The channel of the messages. Default email. */
  channel?: 'email' | 'sms'
  /** Their states, the newest last. */
  messages?: readonly ('kept' | 'sent' | 'skipped')[]
  isReached: boolean
}

const byNight: readonly Night[] = [
  { who: 'with an e-mail address', patient: email, isReached: true },
  { who: 'with a telephone number alone', patient: phone, isReached: false },
  { who: 'with a number that gets SMS', patient: phone, settings: bySms, isReached: true },
  { who: 'of a clinic without e-mails', patient: email, settings: 'emails = false', isReached: false },
  { who: 'after an e-mail that was only stored', patient: email, messages: ['kept'], isReached: false },
  { who: 'after an e-mail that was sent', patient: email, messages: ['kept', 'sent'], isReached: true },
  {
    who: 'after one that was only stored and one that was left out',
    patient: email,
    messages: ['kept', 'skipped'],
    isReached: false,
  },
  {
    who: 'after an SMS that was only stored',
    patient: phone,
    settings: bySms,
    channel: 'sms',
    messages: ['kept'],
    isReached: false,
  },
]

/** A place is cancelled in quiet hours, while somebody waits. */
async function cancelAtNight(
  { database, doctor, settle, wait, offerOf }: NightScene,
  { patient, settings, channel = 'email', messages = [] }: Omit<Night, 'isReached' | 'who'>,
) {
  await quietHours(database, doctor, timeAt(Date.now() - hour), timeAt(Date.now() + 9 * hour))
  if (settings !== undefined) {
    await database.ownerPool.query(
      `update holdfast.message_settings set phone_country = 'DE', ${settings} where clinic_no = $1`,
      [doctor.clinicNo],
    )
  }
  for (const [n, state] of messages.entries()) {
    const { id } = await aBooking(database, await aSlot(database, doctor))
    await database.ownerPool.query(sql`
      insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at,
         created_at)
       select b.clinic_no, b.id, b.id, 1, b.slot_id, 'confirmed', ${channel}, ${state}, now(), now(),
              now() + make_interval(secs => ${n})
         from holdfast.booking b where b.id = ${id}`)
  }
  const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 72 * hour) })
  const booking = await aBooking(database, slot)
  const entry = await wait({ patient })
  await settle(booking, 'cancel')
  return { slot, entry, offer: await offerOf(entry) }
}

type NightScene = {
  database: TestDatabase
  doctor: BuiltDoctor
  settle: (booking: { id: string }, action: 'cancel') => Promise<unknown>
  wait: (overrides: object) => Promise<{ id: string }>
  offerOf: (entry: { id: string }) => Promise<Booking | null>
}

test.for(byNight)(
  'whether a place is offered in quiet hours, until after they end: an entry $who: $isReached',
  async ({ isReached, ...given }, { database, engine, doctor, settle, wait, offerOf }) => {
    const { slot, entry, offer } = await cancelAtNight({ database, doctor, settle, wait, offerOf }, given)
    expect(await engine.waitlist.offersOf(entry.id)).toHaveLength(isReached ? 1 : 0)
    const open = ((offer?.holdExpiresAt?.getTime() ?? 0) - (offer?.createdAt.getTime() ?? 0)) / hour
    expect(Math.abs(open - (isReached ? 9.5 : 0))).toBeLessThan(0.1)
    const { rows } = await database.ownerPool.query('select next_lapse from holdfast.slot where id = $1', [slot.id])
    expect(rows[0]?.next_lapse ?? null).toEqual(offer?.holdExpiresAt ?? null)
  },
)

test('who is not reached in quiet hours is offered the same place when it becomes free by day', async ({
  database,
  doctor,
  settle,
  wait,
  offerOf,
}) => {
  const scene = { database, doctor, settle, wait, offerOf }
  const { slot, entry, offer } = await cancelAtNight(scene, { patient: phone })
  expect(offer).toBeNull()
  const booking = await aBooking(database, slot)
  await quietHours(database, doctor, '00:00', '00:00')
  await settle(booking, 'cancel')
  expect(await offerOf(entry)).toMatchObject({ slotId: slot.id })
})
