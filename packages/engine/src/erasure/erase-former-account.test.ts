import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, ageBooking, aSlot } from '@holdfast/testkit'
import { agedDatabaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'

const test = agedDatabaseTest(4)

test('an erasure also removes an account that has lost the booking by a correction', async ({ database }) => {
  const engine = engineOf(database)
  const doctor = await aDoctor(database, await aClinic(database))
  const slot = await aSlot(database, doctor)
  const made = await aBooking(database, slot, { patient: { name: 'Ada', email: 'wrong@example.org' } })
  // Its events are copied to the log of today.
  const { id: bookingId } = await ageBooking(database, made, 50)
  const [accountId, staffId] = [randomUUID(), randomUUID()]
  const by = { bookingId, onBehalf: false, key: null, reason: null } as const
  const other = await aSlot(database, doctor)
  const outcomes = [
    await engine.settle({ ...by, actorId: accountId, action: 'link' }),
    await engine.move({ bookingId, slotId: other.id, actorId: accountId, onBehalf: false }),
    await engine.correctPatient({ bookingId, actorId: staffId, key: null, patient: { email: 'right@example.org' } }),
    await engine.settle({ ...by, actorId: staffId, action: 'cancel', onBehalf: true }),
    await engine.erasures.ofBooking({ bookingId, actorId: null, key: randomUUID() }),
  ]
  expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'done', 'done', 'done'])
  const actorsIn = async (table: 'booking_event' | 'late_event') => {
    const { rows } = await database.ownerPool.query<{ actor_id: string | null }>(
      `select actor_id from holdfast.${table} where booking_id = $1 order by version`,
      [bookingId],
    )
    return rows.map(({ actor_id: actorId }) => actorId)
  }
  const actors = [null, null, null, null, staffId, staffId, null]
  expect(await actorsIn('booking_event')).toEqual(actors)
  expect(await actorsIn('late_event')).toEqual(actors.slice(-5))
  const { details } = await engine.reads.verify({ clinicNo: slot.clinicNo, detailsMax: 10 })
  expect(details).toEqual([])
})
