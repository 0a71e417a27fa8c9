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

test('a message knows whether the clinic has to agree to the visit', async ({ database, clinic, doctor }) => {
  const needsApproval = async (bookingId: string) =>
    (await messageFacts(database.appPool, { clinicNo: clinic.no, bookingId }))?.needsApproval
  const found: unknown[] = []
  for (const approval of ['none', 'holding', 'not_holding'] as const) {
    const type = await aVisitType(database, clinic, { approval })
    const request = aTimeClaim(await aSession(database, await aDoctor(database, clinic)), type, 0)
    await runTimeClaimBatch(database.appPool, [request])
    found.push(await needsApproval(request.bookingId))
  }
  expect(found).toEqual([false, true, true])
  expect(await needsApproval((await aBooking(database, await aSlot(database, doctor))).id)).toBe(false)
})
