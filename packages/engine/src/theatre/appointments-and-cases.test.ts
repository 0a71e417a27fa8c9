import { randomUUID } from 'node:crypto'
import { aBooking, aClaim, aSession, aSettlement, aSlot, aTimeClaim, aVisitType, claimWays } from '@holdfast/testkit'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { aBlock, aCase, aTheatre, type BuiltTheatre, caseOf, soonAt, test } from '../../test/theatre.ts'
import { runClaimBatch } from '../bookings/claim-batch.ts'
import type { BookingEvent } from '../model/booking-event.ts'
import { newId } from '../model/id.ts'
import { verify } from '../verify/verify.ts'

async function aBlockWithCase(scene: BuiltTheatre) {
  const { theatre, room } = scene
  await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(16), capacity: 480 })
  const booked = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  return { booked, blockId: booked.blockId ?? '' }
}

/** The events of the clinic once the log has so many: transactions of other databases of the server hold it back. */
async function untilLogged({ engine, clinic }: BuiltTheatre, count: number): Promise<BookingEvent[]> {
  const events = async () => (await engine.reads.eventsOfClinic({ clinicNo: clinic.no, after: null, limit: 10 })).items
  await expect.poll(async () => (await events()).length).toBe(count)
  return events()
}

const { alone, together } = claimWays(runClaimBatch)

test.for([alone, together])('no appointment is booked in a block, claimed $way', async ({ run }, { database }) => {
  const scene = await aTheatre(database)
  const { blockId } = await aBlockWithCase(scene)
  const slot = { id: blockId, clinicNo: scene.clinic.no }
  expect(await run(database.appPool, [aClaim(slot)])).toEqual([
    { kind: 'completed', outcome: { kind: 'slot_missing' } },
  ])
})

test('no appointment moves into a block, and no case into a slot', async ({ database, scene }) => {
  const { engine, surgeon } = scene
  const { booked, blockId } = await aBlockWithCase(scene)
  const slot = await aSlot(database, surgeon, { startsAt: soonAt(18), capacity: 100 })
  const appointment = await aBooking(database, slot)
  const by = { actorId: null, onBehalf: true }
  expect(await engine.move({ ...by, bookingId: appointment.id, slotId: blockId })).toEqual({ kind: 'slot_missing' })
  expect(await engine.move({ ...by, bookingId: booked.id, slotId: slot.id })).toMatchObject({
    kind: 'appointment_type_not_offered',
  })
})

test('reads of appointments and slots leave cases and blocks out', async ({ database, scene }) => {
  const { engine, clinic, surgeon } = scene
  const { booked, blockId } = await aBlockWithCase(scene)
  const day = soonAt(0).toISOString().slice(0, 10)
  const range = { clinicNo: clinic.no, from: day, to: day }
  const rest = { doctorId: null, status: null, q: null, confirmedOnly: false, limit: 10, cursor: null }
  expect(await engine.reads.bookingsOfClinic({ ...range, ...rest })).toMatchObject({ items: [] })
  expect(await engine.reads.booking(booked.id)).toBeNull()
  expect(await engine.reads.slot(blockId)).toBeNull()
  expect(await engine.reads.clinicStats(range)).toMatchObject({ utilisation: null, totals: { CONFIRMED: 0 } })
  const newest = () => engine.reads.newestEventsOfClinic({ clinicNo: clinic.no, confirmedOnly: false, limit: 10 })
  await untilLogged(scene, 1)
  expect(await newest()).toEqual([])
  const slot = await aSlot(database, surgeon, { startsAt: soonAt(18) })
  await aBooking(database, slot)
  expect((await engine.reads.bookingsOfClinic({ ...range, ...rest })).items).toHaveLength(1)
  await expect.poll(newest).not.toEqual([])
})

test('a case takes the time of a cancelled visit, and not of one that is booked', async ({ database, scene }) => {
  const { engine, surgeon, clinic } = scene
  const session = await aSession(database, surgeon, { startsAt: soonAt(8), minutes: 240 })
  const type = await aVisitType(database, clinic)
  const [first, second] = [await engine.claimTime(aTimeClaim(session, type, 60)), aTimeClaim(session, type, 60)]
  if (first.kind !== 'booked') throw new Error(first.kind)
  const plan = () => aCase(scene, { startsAt: soonAt(9), minutes: 60 })
  expect(await scene.theatre.claimCase(plan())).toMatchObject({ kind: 'refused' })
  await engine.settle(aSettlement(first.booking.id, 'cancel'))
  expect(await scene.theatre.claimCase(plan())).toMatchObject({ kind: 'booked' })
  expect(await engine.claimTime(second)).toEqual({ kind: 'slot_full' })
})

test('the log of the clinic has what cases take', async ({ scene }) => {
  const { booked } = await aBlockWithCase(scene)
  const at = soonAt(9).toISOString()
  await scene.theatre.recordMilestone({
    caseId: booked.id,
    milestone: 'in_room',
    at: soonAt(9),
    isTrial: true,
    actorId: null,
    key: randomUUID(),
  })
  const events = await untilLogged(scene, 2)
  expect(events).toMatchObject([
    { type: 'confirmed', caseDetails: { allocations: expect.any(Array) } },
    { type: 'milestone', statusAfter: 'ARRIVED', caseDetails: { milestone: 'in_room' } },
  ])
  const [confirmed, milestone] = events
  expect(confirmed?.caseDetails?.allocations).toHaveLength(3)
  expect(new Date(milestone?.caseDetails?.at ?? '').toISOString()).toBe(at)
})

test('a claim whose response was lost is repeated by another server, and gets the same case', async ({ database }) => {
  const scene = await aTheatre(database)
  const request = aCase(scene)
  await scene.theatre.claimCase(request)
  const other = engineOf(database)
  const again = { ...request, caseId: newId(scene.clinic.no) }
  const outcomes = await Promise.all([other.theatre.claimCase(again), scene.theatre.claimCase(again)])
  for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'replayed', case: { id: request.caseId } })
})

test('two first cases of one patient at the same time are of one patient', async ({ database, scene }) => {
  const patient = { mrn: 'M-1', name: 'Ada Okafor', birthDate: null }
  const outcomes = await Promise.all(
    [9, 11, 13, 15].map((hour) => scene.theatre.claimCase(aCase(scene, { patient, startsAt: soonAt(hour) }))),
  )
  expect(new Set(outcomes.map((outcome) => caseOf(outcome).patientId)).size).toBe(1)
  const report = await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })
  expect(report.details).toEqual([])
})

test('an appointment for the record of a case is refused while the case takes its patient', async ({
  database,
  scene,
}) => {
  const { surgeon } = scene
  const { booked } = await aBlockWithCase(scene)
  const desk = { confirm: true, actorId: randomUUID(), accountId: null, knownBy: 'clinic' as const }
  const claim = async (startsAt: Date) => {
    const slot = await aSlot(database, surgeon, { startsAt })
    const request = { ...aClaim(slot), ...desk, patientId: booked.patientId, patient: { name: 'Somebody' } }
    const [result] = await runClaimBatch(database.appPool, [request])
    return result?.kind === 'completed' ? result.outcome : result
  }
  expect(await claim(booked.startsAt)).toEqual({ kind: 'patient_booked', otherId: booked.id })
  expect(await claim(soonAt(18))).toMatchObject({ kind: 'booked' })
})
