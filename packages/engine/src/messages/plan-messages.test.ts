import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type BuiltSlot, type TestDatabase } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { inTransaction } from '../database/pools.ts'
import { newId } from '../model/id.ts'
import { loggedEvents } from '../tail/logged-events.ts'
import { createMessages } from './create-messages.ts'
import { planMessages } from './plan-messages.ts'
import { beginSending, messageFacts, recordMessage, takeDueMessages } from './send-messages.ts'

const test = base.extend('slot', ({ database }) => aVisit(database))

const patient = { name: 'Ada', email: 'ada@example.org' }
const dayMs = 86_400_000

async function aVisit(database: TestDatabase, days = 3): Promise<BuiltSlot> {
  const doctor = await aDoctor(database, await aClinic(database))
  const startsAt = new Date(Math.floor(Date.now() / dayMs) * dayMs + days * dayMs + dayMs / 2)
  return aSlot(database, doctor, { capacity: 10, startsAt })
}

/** Plans the messages of all events of a booking. */
async function planAll(database: TestDatabase, { id }: { id: string }, last = 9): Promise<number> {
  const line = { kind: 'booking', xid: 0n, seq: 0n, fromDoctorId: null, bookingId: id, type: 'held' } as const
  const lines = Array.from({ length: last }, (_, index) => ({
    ...line,
    version: index + 1,
    slotId: '',
    doctorId: '',
    fromSlotId: null,
  }))
  const events = await loggedEvents(database.appPool, lines)
  return inTransaction(database.appPool, (transaction) => planMessages(transaction, events))
}

async function planned(database: TestDatabase, { id }: { id: string }) {
  const { rows } = await database.ownerPool.query(sql`
    select kind, minutes_before as before, version, by_patient as by from holdfast.message where booking_id = ${id}
     order by version, minutes_before, kind`)
  return rows.map(({ kind, before, version, by }) => [kind, version, before, by])
}

test('a confirmation is announced once, with reminders, however often its event comes', async ({ database }) => {
  const booking = await aBooking(database, await aVisit(database), { patient })
  expect(await planAll(database, booking)).toBe(3)
  expect(await planAll(database, booking)).toBe(0)
  const racing = await Promise.all([1, 2, 3].map(() => planAll(database, booking)))
  expect(racing).toEqual([0, 0, 0])
  expect(await planned(database, booking)).toEqual([
    ['confirmed', 2, 0, null],
    ['reminder', 2, 120, null],
    ['reminder', 2, 1440, null],
  ])
})

test.for([
  ['without an address', { patient: { name: 'Ada' } }],
  ['of a hold', { patient, status: 'PENDING' }],
  ['of a hold that expired', { patient, status: 'hold_expired' }],
  ['of a visit that is over', { patient, status: 'COMPLETED' }],
  ['of what happened eight days ago', { patient, createdAt: new Date(Date.now() - 8 * dayMs) }],
] as const)('no message %s', async ([, overrides], { database }) => {
  const booking = await aBooking(database, await aVisit(database), overrides)
  expect(await planAll(database, booking)).toBe(0)
})

test('no message for a visit that has begun, and only the reminders that are to come', async ({ database, doctor }) => {
  const begun = await aSlot(database, doctor, { startsAt: new Date(Date.now() - 60_000) })
  expect(await planAll(database, await aBooking(database, begun, { patient }))).toBe(0)
  const soon = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 3_600_000) })
  const booking = await aBooking(database, soon, { patient })
  await planAll(database, booking)
  expect(await planned(database, booking)).toEqual([['confirmed', 2, 0, null]])
})

test('a cancelled visit: by whom; a withdrawn one; a move', async ({ database, slot }) => {
  const other = await aSlot(database, { id: slot.doctorId, clinicNo: slot.clinicNo, clinicId: '' })
  const engine = engineOf(database)
  const settle = { action: 'cancel', key: null, reason: null, patient: null } as const
  const account = randomUUID()
  const ofGuest = await aBooking(database, slot, { patient })
  const ofAccount = await aBooking(database, slot, { patient, accountId: account })
  const byStaff = await aBooking(database, slot, { patient })
  await engine.settle({ ...settle, bookingId: ofGuest.id, actorId: null, onBehalf: false })
  await engine.settle({ ...settle, bookingId: ofAccount.id, actorId: account, onBehalf: false })
  await engine.settle({ ...settle, bookingId: byStaff.id, actorId: randomUUID(), onBehalf: true })
  for (const [booking, by] of [
    [ofGuest, true],
    [ofAccount, true],
    [byStaff, false],
  ] as const) {
    await planAll(database, booking)
    expect(await planned(database, booking)).toEqual([['cancelled', 3, 0, by]])
  }
  const moved = await aBooking(database, slot, { patient })
  await planAll(database, moved)
  await engine.move({ bookingId: moved.id, slotId: other.id, actorId: null, onBehalf: true })
  await planAll(database, moved)
  expect((await planned(database, moved)).filter(([, version]) => version === 3)[0]).toEqual(['moved', 3, 0, null])
  const withdrawn = await aBooking(database, slot, { patient, status: 'slot_withdrawn' })
  await planAll(database, withdrawn)
  expect(await planned(database, withdrawn)).toEqual([['withdrawn', 3, 0, null]])
})

test('moves are announced after a moment, in which they can be undone', async ({ database, slot }) => {
  const other = await aSlot(database, { id: slot.doctorId, clinicNo: slot.clinicNo, clinicId: '' }, { capacity: 2 })
  const engine = engineOf(database)
  const delayOf = async (actorId: string | null) => {
    const booking = await aBooking(database, slot, { patient })
    await engine.move({ bookingId: booking.id, slotId: other.id, actorId, onBehalf: actorId !== null })
    await planAll(database, booking)
    const { rows } = await database.ownerPool.query(sql`
      select by_clinic as "byClinic", extract(epoch from due_at - created_at)::float8 > 30 as "isLater"
       from holdfast.message where booking_id = ${booking.id} and kind = 'moved'`)
    return rows
  }
  expect(await delayOf(null)).toEqual([{ byClinic: false, isLater: true }])
  expect(await delayOf(randomUUID())).toEqual([{ byClinic: true, isLater: true }])
})

test('a place of the waitlist that is on offer is announced while it is held', async ({ database, slot }) => {
  const anOffer = async (holdExpiresAt: Date) => {
    const booking = await aBooking(database, slot, { patient, status: 'PENDING', holdExpiresAt })
    await database.ownerPool.query(sql`update holdfast.booking_event set type = 'offered'
        where booking_id = ${booking.id}`)
    await planAll(database, booking)
    expect(await planned(database, booking)).toEqual([['offered', 1, 0, null]])
    return messageFacts(database.appPool, { clinicNo: booking.clinicNo, bookingId: booking.id })
  }
  const until = new Date(Date.now() + 600_000)
  expect((await anOffer(until))?.holdExpiresAt).toEqual(until)
  expect((await anOffer(new Date(Date.now() - 1_000)))?.holdExpiresAt).toBeNull()
})

test('the end of an offer is announced to whom the offer was', async ({ database, slot }) => {
  const anEndedOffer = async (isAnnounced: boolean, reason: string) => {
    const booking = await aBooking(database, slot, { patient, status: 'PENDING' })
    await database.ownerPool.query(sql`update holdfast.booking_event set type = 'offered'
        where booking_id = ${booking.id}`)
    await database.ownerPool.query(sql`update holdfast.booking set waitlist_entry_id = ${randomUUID()}
        where id = ${booking.id}`)
    if (isAnnounced) await planAll(database, booking)
    await database.ownerPool.query(
      `select holdfast.fail_holds(array[$1::int], array[$2::uuid], array[now()], array[$1::int], array[$3::uuid],
         holdfast.oldest_hold_id(now()), array[$4])`,
      [booking.clinicNo, booking.id, slot.id, reason],
    )
    await planAll(database, booking)
    const facts = await messageFacts(database.appPool, { clinicNo: booking.clinicNo, bookingId: booking.id })
    return { planned: await planned(database, booking), offerAnnounced: facts?.offerAnnounced }
  }
  const [offered, withdrawn] = [
    ['offered', 1, 0, null],
    ['withdrawn', 2, 0, null],
  ]
  // Planned, and not sent: then this is skipped, too.
  expect(await anEndedOffer(true, 'slot_closed')).toEqual({ planned: [offered, withdrawn], offerAnnounced: false })
  expect(await anEndedOffer(false, 'slot_closed')).toEqual({ planned: [], offerAnnounced: false })
  expect(await anEndedOffer(true, 'hold_expired')).toEqual({ planned: [offered], offerAnnounced: false })
})

test('an entry’s end by unanswered offers is announced once, even after the visit', async ({ database, slot }) => {
  const aLapsedOffer = async (missed: number) => {
    const booking = await aBooking(database, slot, { patient, status: 'PENDING' })
    const entryId = newId(booking.clinicNo)
    const { ownerPool } = database
    await ownerPool.query(`update holdfast.booking_event set type = 'offered' where booking_id = $1`, [booking.id])
    await ownerPool.query('update holdfast.booking set waitlist_entry_id = $2 where id = $1', [booking.id, entryId])
    await ownerPool.query(
      `insert into holdfast.waitlist_entry (clinic_no, id, resource_id, from_date, to_date, missed, joined_at, patient,
         offer_id) values ($1, $2, $3, current_date, current_date + 30, $4, now(), $5, $6)`,
      [booking.clinicNo, entryId, slot.doctorId, missed, patient, booking.id],
    )
    await ownerPool.query(sql`
      insert into holdfast.waitlist_offer (clinic_no, entry_id, slot_id, booking_id, offered_at, ends_at)
       values (${booking.clinicNo}, ${entryId}, ${slot.id}, ${booking.id}, now(), now())`)
    await ownerPool.query(
      `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at)
       values ($1, $2, $3, 1, $4, 'offered', 'email', 'sent', now(), now())`,
      [booking.clinicNo, newId(booking.clinicNo), booking.id, slot.id],
    )
    await ownerPool.query(
      `select holdfast.fail_holds(array[$1::int], array[$2::uuid], array[now()], array[$1::int], array[$3::uuid],
         holdfast.oldest_hold_id(now()))`,
      [booking.clinicNo, booking.id, slot.id],
    )
    return booking
  }
  const [offered, unanswered] = [
    ['offered', 1, 0, null],
    ['unanswered', 2, 0, null],
  ]
  const second = await aLapsedOffer(1)
  await planAll(database, second)
  expect(await planned(database, second)).toEqual([offered])
  const last = await aLapsedOffer(2)
  await database.ownerPool.query(sql`update holdfast.slot set starts_at = now() - interval '1 hour'
      where id = ${slot.id}`)
  await planAll(database, last)
  await planAll(database, last)
  expect(await planned(database, last)).toEqual([offered, unanswered])
})

test('a link to confirm is announced while its hold lasts, once for each request', async ({ database, slot }) => {
  const engine = engineOf(database)
  const booking = await aBooking(database, slot, { patient, status: 'PENDING' })
  const request = { bookingId: booking.id, actorId: null, key: null, reason: null, judgedVersion: null }
  await engine.bookingLinks.request({ ...request, patient: null })
  await engine.bookingLinks.request({ ...request, patient: { ...patient, email: 'lovelace@example.org' } })
  await planAll(database, booking)
  await planAll(database, booking)
  expect(await planned(database, booking)).toEqual([
    ['confirm', 2, 0, null],
    ['confirm', 3, 0, null],
  ])
  const late = await aBooking(database, slot, { patient, status: 'PENDING' })
  await engine.bookingLinks.request({ ...request, bookingId: late.id, patient: null })
  await engine.settle({ ...request, bookingId: late.id, action: 'confirm', onBehalf: false })
  await planAll(database, late)
  expect((await planned(database, late)).map(([kind]) => kind)).not.toContain('confirm')
})

test('a clinic that sends no e-mails plans none; its offsets are used', async ({ database, slot }) => {
  const messages = createMessages(database.appPool)
  const changed = await messages.changeSettings(slot.clinicNo, {
    reminderMinutes: [60, 2880],
    quietFrom: '00:00',
    quietUntil: '00:00',
  })
  expect(changed).toMatchObject({ reminderMinutes: [2880, 60], emails: true, language: 'en' })
  const booking = await aBooking(database, slot, { patient })
  await planAll(database, booking)
  expect((await planned(database, booking)).map(([, , before]) => before)).toEqual([0, 60, 2880])
  await messages.changeSettings(slot.clinicNo, { emails: false })
  expect(await planAll(database, await aBooking(database, slot, { patient }))).toBe(0)
})

test('what the clinic has chosen goes by SMS, too, to patients with a telephone number', async ({ database, slot }) => {
  const phone = '020 7946 0018'
  const channelsOf = async (patient: { name: string; email?: string; phone?: string }) => {
    const booking = await aBooking(database, slot, { patient })
    await planAll(database, booking)
    await planAll(database, booking)
    const { rows } = await database.ownerPool.query(sql`select kind, channel from holdfast.message
        where booking_id = ${booking.id} order by kind, minutes_before, channel`)
    return rows.map(({ kind, channel }) => `${kind} ${channel}`)
  }
  const emails = ['confirmed email', 'reminder email', 'reminder email']
  expect(await channelsOf({ ...patient, phone })).toEqual(emails)
  const messages = createMessages(database.appPool)
  await messages.changeSettings(slot.clinicNo, { smsKinds: ['reminder', 'cancelled'], phoneCountry: 'GB' })
  const settings = await messages.settings(slot.clinicNo)
  expect(settings).toMatchObject({ smsKinds: ['reminder', 'cancelled'], phoneCountry: 'GB', emails: true })
  expect(await channelsOf(patient)).toEqual(emails)
  expect(await channelsOf({ name: 'Ada', phone })).toEqual(['reminder sms', 'reminder sms'])
  const both = ['confirmed email', 'reminder email', 'reminder sms', 'reminder email', 'reminder sms']
  expect(await channelsOf({ ...patient, phone })).toEqual(both)
  await messages.changeSettings(slot.clinicNo, { emails: false })
  expect(await channelsOf({ ...patient, phone })).toEqual(['reminder sms', 'reminder sms'])
  await expect(
    database.ownerPool.query(`update holdfast.message_settings set sms_kinds = '{confirm}'`),
  ).rejects.toMatchObject({ code: '23514' })
})

test('a due message is taken by one process, and again if that ends without a record', async ({ database }) => {
  const booking = await aBooking(database, await aVisit(database), { patient })
  await planAll(database, booking)
  const take = async (seconds: number) =>
    (await takeDueMessages(database.appPool, { channel: 'email', limit: 100, seconds })).filter(
      ({ bookingId }) => bookingId === booking.id,
    )
  const taken = (await Promise.all([take(0), take(0), take(0)])).flat()
  expect(taken.length).toBeGreaterThanOrEqual(1)
  const [again] = await take(60)
  expect(again).toMatchObject({ kind: 'confirmed', attemptsLost: 0, attempts: taken.length + 1 })
  expect(await take(60)).toEqual([])
  if (again === undefined) return
  expect(await beginSending(database.appPool, { ...again, attempts: taken.length }, 10)).toBe(false)
  expect(await beginSending(database.appPool, again, 10)).toBe(true)
  // What took longer than its time is not recorded over the attempt after it.
  const late = { kind: 'failed', maskedAddress: null, failure: 'unavailable', result: 'late' } as const
  await recordMessage(database.appPool, { ...again, attempts: taken.length }, late)
  await recordMessage(database.appPool, again, { kind: 'sent', maskedAddress: 'a…@example.org', result: '250 OK' })
  expect(await take(0)).toEqual([])
  const messages = createMessages(database.appPool)
  const [message] = (
    await messages.list({
      clinicNo: booking.clinicNo,
      bookingId: booking.id,
      state: 'sent',
      q: null,
      limit: 1,
      cursor: null,
    })
  ).items
  expect(message).toMatchObject({ state: 'sent', result: '250 OK', maskedAddress: 'a…@example.org' })
  await messages.sendAgain(booking.clinicNo, again.id, null)
  const [resent] = await take(60)
  // The count of attempts begins again: it alone would not say which of them this is.
  expect(await beginSending(database.appPool, { ...again, attempts: resent?.attempts ?? 0 }, 10)).toBe(false)
  if (resent === undefined) return
  expect(await beginSending(database.appPool, resent, 10)).toBe(true)
  expect(await beginSending(database.appPool, resent, 10)).toBe(true)
})

test('a message waits for an earlier one of its booking on the same channel only', async ({ database, slot }) => {
  const takenAfter = async (channel: string) => {
    const booking = await aBooking(database, slot, { patient })
    const [id, later] = [newId(slot.clinicNo), newId(slot.clinicNo)]
    const add = `insert into holdfast.message
      (clinic_no, id, booking_id, version, slot_id, kind, channel, due_at, attempts, attempt_until) values`
    await database.ownerPool.query(
      `${add} ($1, $2, $4, 2, $5, 'confirmed', $6, now(), 1, now() + interval '1 min'),
              ($1, $3, $4, 3, $5, 'cancelled', 'email', now(), 0, null)`,
      [slot.clinicNo, id, later, booking.id, slot.id, channel],
    )
    return (await takeDueMessages(database.appPool, { channel: 'email', limit: 10, seconds: 60 })).map(
      (message) => message.id === later,
    )
  }
  expect(await takenAfter('sms')).toEqual([true])
  expect(await takenAfter('email')).toEqual([])
})

test('that the patient comes is announced to nobody, and the reminders stay due', async ({ database, slot }) => {
  const booking = await aBooking(database, slot, { patient })
  await planAll(database, booking)
  const before = await planned(database, booking)
  const factsOf = () => messageFacts(database.appPool, { clinicNo: booking.clinicNo, bookingId: booking.id })
  expect(await factsOf()).toMatchObject({ version: 2, isAttendanceConfirmed: false })
  const engine = engineOf(database)
  const said = { bookingId: booking.id, slotId: slot.id, actorId: null, key: null }
  expect((await engine.confirmAttendance(said)).kind).toBe('done')
  await engine.stop()
  expect(await planAll(database, booking)).toBe(0)
  expect(await planned(database, booking)).toEqual(before)
  // A reminder of an older version than the newest message is skipped as replaced.
  expect(await factsOf()).toMatchObject({ version: 2, isAttendanceConfirmed: true })
})

test('the messages of a booking are deleted with its patient', async ({ database, slot }) => {
  const booking = await aBooking(database, slot, { patient, status: 'CANCELLED' })
  const another = await aBooking(database, slot, { patient, status: 'CANCELLED' })
  await planAll(database, booking)
  await planAll(database, another)
  expect(await messageFacts(database.appPool, { clinicNo: booking.clinicNo, bookingId: booking.id })).not.toBeNull()
  await database.appPool.query(sql`
    select * from holdfast.erase_patient(${booking.clinicNo}, ${[booking.id]}, null, ${randomUUID()})`)
  expect(await planned(database, booking)).toEqual([])
  expect(await planned(database, another)).toHaveLength(1)
  expect(await planAll(database, booking)).toBe(0)
  expect(await messageFacts(database.appPool, { clinicNo: booking.clinicNo, bookingId: booking.id })).toBeNull()
})
