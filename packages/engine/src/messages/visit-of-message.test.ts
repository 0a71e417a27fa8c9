import { aBooking, aDoctor, aSession, aSlot, aTimeClaim, aVisitType } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { runTimeClaimBatch } from '../sessions/claim-times.ts'
import { messageFacts } from './send-messages.ts'

test('a message knows what is booked in an open session', async ({ database, clinic, doctor }) => {
  const type = await aVisitType(database, clinic)
  const request = aTimeClaim(await aSession(database, doctor), type, 0, { confirm: true })
  await runTimeClaimBatch(database.appPool, [request])
  const visitTypeOf = async (bookingId: string) =>
    (await messageFacts(database.appPool, { clinicNo: clinic.no, bookingId }))?.visitType
  expect(await visitTypeOf(request.bookingId)).toMatchObject({ id: type.id, names: {}, preparation: null })
  const ofSlot = await aBooking(database, await aSlot(database, await aDoctor(database, clinic)))
  expect(await visitTypeOf(ofSlot.id)).toBeNull()
})
