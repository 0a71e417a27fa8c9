import { aClaim, aClinic, aDoctor, aSlot, type BuiltSlot, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import type { ClaimRequest } from '../model/claim.ts'
import { runClaimBatch } from './claim-batch.ts'

/** Slots of three clinics with different hold times; their ids are not in the order of their times. */
async function threeSlots(database: TestDatabase): Promise<BuiltSlot[]> {
  const slots: BuiltSlot[] = []
  for (const [holdSeconds, capacity, minutes] of [
    [60, 1, 10],
    [120, 2, 20],
    [180, 3, 30],
  ] as const) {
    const doctor = await aDoctor(database, await aClinic(database, { settings: { holdSeconds } }))
    await aSlot(database, doctor)
    slots.push(await aSlot(database, doctor, { capacity, minutes }))
  }
  return slots.toReversed()
}

/** One batch with every outcome between others; returns the outcome of each claim, in the order of the claims. */
async function everyOutcome(database: TestDatabase): Promise<{ expected: object[]; outcomes: object[] }> {
  const slots = await threeSlots(database)
  const [wide, middle, narrow] = slots
  if (wide === undefined || middle === undefined || narrow === undefined) throw new Error('There are no three slots.')
  const first = aClaim(middle, { confirm: true })
  const before = await runClaimBatch(database.appPool, [first, aClaim(wide)])
  const holdSeconds = new Map([wide, middle, narrow].map((slot, index) => [slot.id, 180 - 60 * index]))
  const booked = (slot: BuiltSlot, overrides: Partial<ClaimRequest> = {}) => {
    const request = aClaim(slot, overrides)
    const { units, confirm } = request
    const heldMs = confirm ? null : (holdSeconds.get(slot.id) ?? 0) * 1_000
    const { doctorId, startsAt, endsAt } = slot
    const booking = {
      id: request.bookingId,
      slotId: slot.id,
      doctorId,
      clinicId: clinicIds.get(slot.id),
      units,
      startsAt,
      endsAt,
    }
    return { request, expected: { kind: 'booked', ...booking, heldMs } }
  }
  const { rows } = await database.ownerPool.query<{ slot_id: string; clinic_id: string }>(`
    select s.id as slot_id, c.id as clinic_id from holdfast.slot s join holdfast.clinic c on c.no = s.clinic_no`)
  const clinicIds = new Map(rows.map((row) => [row.slot_id, row.clinic_id]))
  const only = (request: ClaimRequest, expected: object) => ({ request, expected })
  const firstResult = before[0]?.kind === 'completed' ? summary(before[0].outcome) : {}
  const claims = [
    only(aClaim(narrow, { units: 2 }), { kind: 'units_over_capacity', capacity: 1 }),
    booked(narrow),
    only(aClaim({ id: narrow.doctorId, clinicNo: narrow.clinicNo }), { kind: 'slot_missing' }),
    booked(wide, { units: 2, confirm: true }),
    only(aClaim(middle, { key: first.key, requestHash: first.requestHash }), { ...firstResult, kind: 'replayed' }),
    booked(middle),
    only(aClaim(narrow), { kind: 'slot_full' }),
    only(aClaim(wide, { key: first.key.replace(/^./, 'f'), appointmentType: 'video' }), {
      kind: 'appointment_type_not_offered',
    }),
    only(aClaim(middle, { key: first.key }), { kind: 'key_reused' }),
    only(aClaim(wide), { kind: 'slot_full' }),
  ]
  const results = await runClaimBatch(
    database.appPool,
    claims.map(({ request }) => request),
  )
  return {
    expected: claims.map(({ expected }) => expected),
    outcomes: results.map((result) => (result.kind === 'completed' ? summary(result.outcome) : result)),
  }
}

/** The outcome with the facts of its booking; the length of the hold instead of its end. */
function summary(outcome: object): object {
  if (!('booking' in outcome) || !('kind' in outcome)) return outcome
  const { createdAt, holdExpiresAt, status, appointmentType, ...facts } = outcome.booking as {
    createdAt: Date
    holdExpiresAt: Date | null
    status: string
    appointmentType: string
  }
  expect([status, appointmentType]).toEqual([holdExpiresAt === null ? 'CONFIRMED' : 'PENDING', 'in_person'])
  const heldMs = holdExpiresAt === null ? null : holdExpiresAt.getTime() - createdAt.getTime()
  return { kind: outcome.kind, ...facts, heldMs }
}

test('each claim of a batch gets its outcome, with the facts of its slot', async ({ database }) => {
  const { expected, outcomes } = await everyOutcome(database)
  expect(outcomes).toEqual(expected)
})

test('negative control: results in another order than the claims are detected', async () => {
  const planted = await anotherDatabase()
  await plantFunction(planted, 'claim_slots', { part: / order by d\.n\)/g, becomes: ')' })
  const compared = everyOutcome(planted).then(({ expected, outcomes }) => expect(outcomes).toEqual(expected))
  await expect(compared).rejects.toThrow(/to deeply equal|the result lacks its slot/)
})
