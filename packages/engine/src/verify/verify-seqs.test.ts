import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { verify } from './verify.ts'

/** A clinic with two bookings, and what `verify` finds after a change of their events. */
async function twoBookings(database: TestDatabase) {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic), { capacity: 2 })
  const [one, other] = [await aBooking(database, slot), await aBooking(database, slot)]
  const findings = async () => (await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 100 })).details
  /** Changes the seq of the last event of `one`. */
  const forge = async (seq: string) => {
    await database.ownerPool.query(
      `update holdfast.booking_event e set seq = ${seq}
        where e.clinic_no = $1 and e.booking_id = $2
          and e.version = (select version from holdfast.booking where clinic_no = $1 and id = $2)`,
      [clinic.no, one.id],
    )
  }
  return { one, other, findings, forge }
}

test.for<[string, string]>([
  ['of two events', '(select max(o.seq) from holdfast.booking_event o where o.clinic_no = e.clinic_no)'],
  ['beyond the sequence', '(select last_value + 1 from holdfast.booking_event_seq)'],
  ['below its start', '0'],
])('illegal_transition: a seq %s', async ([what, seq], { database }) => {
  const { one, other, findings, forge } = await twoBookings(database)
  expect(await findings()).toEqual([])
  await forge(seq)
  const found = await findings()
  expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['illegal_transition']))
  const named = what === 'of two events' ? [one.id, other.id] : [one.id]
  expect(found.map(({ bookingId }) => bookingId).sort()).toEqual(named.sort())
  const message = what === 'of two events' ? 'as another event' : 'which the sequence has not reached'
  expect(found.filter((finding) => !finding.message.includes(message))).toEqual([])
})

test('illegal_transition: every seq of a sequence that was restarted', async ({ database }) => {
  const { one, other, findings } = await twoBookings(database)
  await database.ownerPool.query('alter sequence holdfast.booking_event_seq restart')
  const found = await findings()
  expect(new Set(found.map(({ bookingId }) => bookingId))).toEqual(new Set([one.id, other.id]))
  expect(found.filter(({ message }) => !message.includes('which the sequence has not reached'))).toEqual([])
})
