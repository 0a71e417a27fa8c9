import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { aBlock, aCase, aCaseRequest, aTheatre, type BuiltTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import type { NewCaseRequest } from '../model/theatre.ts'
import type { ClaimCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

/** The local day of a time, in Auckland: half of it is another day in UTC. */
const timezone = 'Pacific/Auckland'
const localDay = (at: Date, days = 0) =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime())
    .toZonedDateTimeISO(timezone)
    .toPlainDate()
    .add({ days })
    .toString()
/** The next day there. */
const lateAt = soonAt(20)

const aTheatreInAuckland = (database: TestDatabase) => aTheatre(database, { timezone })

const waits = (scene: BuiltTheatre, change: Partial<NewCaseRequest>) => aCaseRequest(scene, aCase(scene), change)

/** Elective requests that were there before, and an urgent one. */
async function aWaitlist(scene: BuiltTheatre) {
  const [anyDay, later] = [await waits(scene, {}), await waits(scene, { dueOn: localDay(lateAt, 5) })]
  return { anyDay, later, urgent: await waits(scene, { urgency: 'urgent' }) }
}

const booked = async ({ theatre }: BuiltTheatre, request: ClaimCaseRequest) =>
  caseOf(await theatre.claimCase({ ...request, confirm: true }))

/** An emergency takes the place of a case. */
async function bump(scene: BuiltTheatre, caseId: string): Promise<void> {
  const emergency = aCase(scene, { startsAt: lateAt, urgency: 'immediate' })
  expect(await scene.theatre.bumpCases({ emergency, bumpedCaseIds: [caseId], reason: 'Bleeding' })).toMatchObject({
    kind: 'done',
  })
}

const openRequests = ({ theatre, clinic }: BuiltTheatre) =>
  theatre.caseRequests({ clinicNo: clinic.no, status: 'open' })

describe('a bumped case', () => {
  test('without a request waits among the first of its urgency, due on the day that it lost', async ({ database }) => {
    const scene = await aTheatreInAuckland(database)
    const { anyDay, later, urgent } = await aWaitlist(scene)
    const { id } = await booked(scene, aCase(scene, { startsAt: lateAt }))
    await bump(scene, id)
    const [first, lost, ...rest] = await openRequests(scene)
    expect(first).toMatchObject({ id: urgent })
    expect(lost).toMatchObject({ bumpedCaseId: id, urgency: 'elective', dueOn: localDay(lateAt) })
    expect(rest).toMatchObject([{ id: later }, { id: anyDay }])
  })

  test('is booked before elective requests that were there before, when a block is filled', async ({ database }) => {
    const scene = await aTheatreInAuckland(database)
    const { theatre, room } = scene
    const blockId = await aBlock(theatre, room, { startsAt: soonAt(9), endsAt: soonAt(10), capacity: 60 })
    await waits(scene, {})
    await waits(scene, { dueOn: localDay(lateAt, 5) })
    const lost = await booked(scene, aCase(scene, { startsAt: lateAt }))
    await bump(scene, lost.id)
    expect(await theatre.fillBlock({ blockId, confirm: true, actorId: null, key: randomUUID() })).toMatchObject({
      kind: 'filled',
      cases: [{ patient: lost.patient }],
    })
  })

  test.for([
    ['none', null, 0],
    ['a later one', 3, 0],
    ['an earlier one', -1, -1],
  ] as const)('whose request was due, %s, waits until that or the lost day', async (row, { database }) => {
    const [, dueIn, expected] = row
    const scene = await aTheatreInAuckland(database)
    const claim = aCase(scene, { startsAt: lateAt })
    const dueOn = dueIn === null ? null : localDay(lateAt, dueIn)
    const requestId = await waits(scene, { patient: claim.patient, dueOn })
    const { id } = await booked(scene, { ...claim, requestId })
    await bump(scene, id)
    expect(await openRequests(scene)).toMatchObject([
      { id: requestId, bumpedCaseId: id, bumpReason: 'Bleeding', dueOn: localDay(lateAt, expected) },
    ])
  })
})

describe('cases of a withdrawn block', () => {
  const anEvening = ({ theatre, room }: BuiltTheatre) =>
    aBlock(theatre, room, { startsAt: soonAt(18), endsAt: soonAt(24), capacity: 360 })

  const withdraw = ({ engine, clinic }: BuiltTheatre, slotId: string, dryRun = false) =>
    engine.withdrawSlots({ clinicNo: clinic.no, which: { slotId }, withBookings: true, dryRun, actorId: null })

  test('return to the waitlist once, due on the day that they lost', async ({ database }) => {
    const scene = await aTheatreInAuckland(database)
    const { theatre, clinic } = scene
    const blockId = await anEvening(scene)
    const { anyDay } = await aWaitlist(scene)
    const claim = aCase(scene, { startsAt: soonAt(18) })
    const requestId = await waits(scene, { patient: claim.patient, note: 'Allergic to latex' })
    const requested = await booked(scene, { ...claim, requestId })
    const unrequested = await booked(scene, aCase(scene, { startsAt: soonAt(19), minutes: 45 }))
    const held = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(20) })))
    const lapsed = caseOf(await theatre.claimCase(aCase(scene, { startsAt: soonAt(21) })))
    const arrived = await booked(scene, aCase(scene, { startsAt: soonAt(22) }))
    await database.ownerPool.query(sql`update holdfast.booking set hold_expires_at = created_at
        where clinic_no = ${clinic.no} and id = ${lapsed.id}`)
    const milestone = { caseId: arrived.id, milestone: 'arrived', at: soonAt(21), isTrial: true } as const
    expect(await theatre.recordMilestone({ ...milestone, actorId: null, key: null })).toMatchObject({ kind: 'done' })

    const before = await openRequests(scene)
    await withdraw(scene, blockId, true)
    expect(await openRequests(scene)).toEqual(before)
    const withdrawn = await withdraw(scene, blockId)
    expect(withdrawn).toMatchObject({ bookings: [{ id: requested.id }, { id: unrequested.id }, { id: held.id }] })
    const waiting = await openRequests(scene)
    const isNew = ({ id }: { id: string }) => id === requestId || !before.some((request) => request.id === id)
    const ofBlock = { dueOn: localDay(soonAt(18)), bumpedCaseId: null, bumpReason: null, status: 'open' }
    const { procedure, service, surgeonId } = unrequested
    expect(waiting.filter(isNew)).toHaveLength(2)
    expect(waiting.filter(isNew)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...ofBlock, id: requestId, note: 'Allergic to latex' }),
        expect.objectContaining({
          ...ofBlock,
          patient: unrequested.patient,
          minutes: 45,
          procedure,
          service,
          surgeonId,
        }),
      ]),
    )
    expect(waiting.at(-1)).toMatchObject({ id: anyDay })
    expect(await withdraw(scene, blockId)).toMatchObject({
      bookings: withdrawn.kind === 'withdrawn' ? withdrawn.bookings : [],
    })
    expect(await openRequests(scene)).toEqual(waiting)
    const { details } = await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })
    // It is about the hold, whose end this test has changed in the table.
    expect(details.map(({ kind, bookingId }) => ({ kind, bookingId }))).toEqual([
      { kind: 'illegal_transition', bookingId: lapsed.id },
    ])
  })

  test('are erased once their patients wait no longer', async ({ database }) => {
    const scene = await aTheatreInAuckland(database)
    const { theatre, clinic } = scene
    const blockId = await anEvening(scene)
    const { patient } = await booked(scene, aCase(scene, { startsAt: lateAt }))
    await withdraw(scene, blockId)
    const [request] = await openRequests(scene)
    const of = { mrn: patient?.mrn ?? '' }
    const erase = () => scene.engine.patients.erase({ clinicNo: clinic.no, of, actorId: null })
    expect(await erase()).toMatchObject({ kind: 'in_use', bookingIds: [], caseIds: [], requestIds: [request?.id] })
    expect(await theatre.withdrawCaseRequest(request?.id ?? '')).toBe(true)
    expect(await erase()).toMatchObject({ kind: 'erased' })
    expect(await theatre.caseRequest(request?.id ?? '')).toMatchObject({ status: 'withdrawn', patient: null })
    expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
  })

  test('can be booked again, by the request that they got', async ({ database }) => {
    const scene = await aTheatreInAuckland(database)
    const { theatre, clinic } = scene
    const blockId = await anEvening(scene)
    const claim = aCase(scene, { startsAt: lateAt })
    await booked(scene, claim)
    await withdraw(scene, blockId)
    const [request] = await openRequests(scene)
    if (request === undefined) throw new Error('Nobody waits.')
    const again = await booked(scene, aCase(scene, { patient: claim.patient, requestId: request.id }))
    expect(await theatre.caseRequest(request.id)).toMatchObject({ status: 'scheduled', caseId: again.id })
    expect((await verify(database.appPool, { clinicNo: clinic.no, detailsMax: 9 })).details).toEqual([])
  })
})
