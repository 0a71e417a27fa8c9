import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { archive, fileOf, old, test } from '../../test/old-month.ts'
import { type RestoreStep, restoreMonth } from './restore-month.ts'

test('slots of a file without their oldest booking get it from its bookings', async ({ database, directory }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { startsAt: old, capacity: 3 })
  // Older than the slot, as after a move.
  for (const days of [30, 60]) {
    await aBooking(database, slot, { status: 'COMPLETED', createdAt: new Date(old.getTime() - days * 86_400_000) })
  }
  await archive(database, directory)
  const path = fileOf(directory)
  const interrupted = restoreMonth(database.ownerPool, path, (step: RestoreStep) => {
    if (step === 'loaded') throw new Error('interrupted')
  })
  await expect(interrupted).rejects.toThrow('interrupted')
  await database.ownerPool.query(`update holdfast.archived_row set row = row - 'oldest_booking_at' where kind = 'slot'`)

  await restoreMonth(database.ownerPool, path)
  const { rows } = await database.ownerPool.query(sql`
    select s.oldest_booking_at = (select min(b.created_at) from holdfast.booking b) as is_known
     from holdfast.slot s where s.id = ${slot.id}`)
  expect(rows).toEqual([{ is_known: true }])
})
