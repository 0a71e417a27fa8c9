import { aDoctor, aWithdrawal, lapseHolds, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aCase, aCaseRequest, aRoom, aTheatre, caseOf, someStaff, soonAt } from '../../test/theatre.ts'
import { verify } from '../verify/verify.ts'

/** How a case loses its time, or ends as a hold, and whether it is confirmed before. */
const ends: Record<string, { isHeld?: boolean; end: (scene: Replanned, database: TestDatabase) => Promise<unknown> }> =
  {
    'a bump': {
      end: ({ theatre, ...scene }) =>
        theatre.bumpCases({
          emergency: aCase(scene, { urgency: 'immediate' }),
          bumpedCaseIds: [scene.moved.id],
          reason: 'Bleeding',
        }),
    },
    'the withdrawal of its block': {
      end: ({ engine, clinic, moved }) => engine.withdrawSlots(aWithdrawal(clinic.no, { slotId: moved.blockId ?? '' })),
    },
    'its cancellation': {
      end: ({ theatre, moved }) =>
        theatre.cancelCase({ caseId: moved.id, reasonCode: 'patient', actorId: null, key: null }),
    },
    'the end of its hold': {
      isHeld: true,
      end: ({ clinic, moved }, database) => lapseHolds(database, { clinicNo: clinic.no, id: moved.blockId ?? '' }),
    },
    'the failure of its hold, which has ended': {
      isHeld: true,
      end: async ({ clinic, moved }, database) => {
        await lapseHolds(database, { clinicNo: clinic.no, id: moved.blockId ?? '' })
        await database.appPool.query('select holdfast.expire_holds(1000)')
      },
    },
  }

type Replanned = Awaited<ReturnType<typeof aReplannedCase>>

/** A request for an hour, whose case was then planned for longer, with another team and equipment, in another room. */
async function aReplannedCase(database: TestDatabase, isHeld = false) {
  const scene = await aTheatre(database)
  const { theatre, clinic, robot } = scene
  const room = await aRoom(theatre, clinic, { name: 'Room 2' })
  await theatre.createBlocks({
    roomId: room,
    service: null,
    surgeonId: null,
    releaseDays: null,
    when: { drafts: [{ startsAt: soonAt(8), endsAt: soonAt(16), capacity: 480 }] },
    dryRun: false,
    actorId: null,
  })
  const claim = aCase(scene)
  const requestId = await aCaseRequest(scene, claim, { note: 'Allergic to latex' })
  const { id } = caseOf(await theatre.claimCase({ ...claim, requestId, confirm: !isHeld }))
  const plan = {
    minutes: 150,
    surgeonId: (await aDoctor(database, clinic)).id,
    anaesthetistId: await someStaff(theatre, clinic, 'anaesthetist'),
    staffIds: [await someStaff(theatre, clinic, 'nurse')],
    equipment: [{ equipmentId: robot, units: 1 }],
  }
  const change = { ...plan, roomId: room }
  const moved = caseOf(await theatre.moveCase({ caseId: id, change, override: null, actorId: null, key: null }))
  return { ...scene, room, requestId, plan, moved }
}

describe('a request waits with the last plan of its case, or with its own if that was never confirmed', () => {
  test.for(Object.entries(ends))('after %s', async ([, { isHeld = false, end }], { database }) => {
    const scene = await aReplannedCase(database, isHeld)
    const { theatre, requestId, surgeon } = scene
    const own = { minutes: 60, surgeonId: surgeon.id, anaesthetistId: null, staffIds: [], equipment: [] }
    const plan = isHeld ? own : scene.plan
    expect(await theatre.caseRequest(requestId)).toMatchObject({ status: 'scheduled' })
    await end(scene, database)
    expect(await theatre.caseRequest(requestId)).toMatchObject({
      ...plan,
      status: 'open',
      // Another room that is free is no reason to wait for that one.
      roomId: null,
      note: 'Allergic to latex',
    })
    expect((await verify(database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })).details).toEqual([])
  })

  freshDatabaseTest('negative control: not if moves do not write it', async ({ database }) => {
    await plantFunction(database, 'place_cases', {
      part: "if v_booking.status <> 'PENDING' then",
      becomes: 'if v_is_new then',
    })
    const scene = await aReplannedCase(database)
    await ends['its cancellation']?.end(scene, database)
    expect(await scene.theatre.caseRequest(scene.requestId)).toMatchObject({ status: 'open', minutes: 60 })
  })
})

test('a request that has another case does not get the plan of its former one', async ({ database }) => {
  const scene = await aReplannedCase(database)
  const { theatre, clinic, requestId, moved } = scene
  await theatre.cancelCase({ caseId: moved.id, reasonCode: 'patient', actorId: null, key: null })
  const patient = { mrn: moved.id, name: 'Ada Okafor', birthDate: null }
  const next = { requestId, patient, minutes: 45, startsAt: soonAt(10), confirm: true }
  const { id } = caseOf(await theatre.claimCase(aCase(scene, next)))
  const planned = await theatre.caseRequest(requestId)
  expect(planned).toMatchObject({ status: 'scheduled', minutes: 45 })
  const plan = (caseId: string) =>
    database.ownerPool.query('select holdfast.plan_requests($1, $2)', [[clinic.no], [caseId]])
  await plan(moved.id)
  expect(await theatre.caseRequest(requestId)).toEqual(planned)
  // The control: that of its own case is written.
  await plan(id)
  expect(await theatre.caseRequest(requestId)).not.toEqual(planned)
})

describe('a request without a surgeon', () => {
  /** It gets a case of 95 minutes, held. */
  const aHold = async (database: TestDatabase) => {
    const scene = await aTheatre(database)
    const claim = aCase(scene)
    const requestId = await aCaseRequest(scene, claim, { surgeonId: null })
    const { id } = caseOf(await scene.theatre.claimCase({ ...claim, requestId, minutes: 95 }))
    return { ...scene, requestId, id }
  }
  const cancel = ({ theatre, id }: Awaited<ReturnType<typeof aHold>>) =>
    theatre.cancelCase({ caseId: id, reasonCode: 'patient', actorId: null, key: null })

  test('stays without one after a hold that is declined', async ({ database }) => {
    const scene = await aHold(database)
    await cancel(scene)
    expect(await scene.theatre.caseRequest(scene.requestId)).toMatchObject({
      status: 'open',
      surgeonId: null,
      minutes: 60,
    })
  })

  const afterConfirmation = async (database: TestDatabase) => {
    const scene = await aHold(database)
    await scene.theatre.confirmCase({ caseId: scene.id, actorId: null, key: null })
    await cancel(scene)
    return { ...scene, request: await scene.theatre.caseRequest(scene.requestId) }
  }

  test('has that of its case once that was confirmed', async ({ database }) => {
    const { request, surgeon } = await afterConfirmation(database)
    expect(request).toMatchObject({ status: 'open', surgeonId: surgeon.id, minutes: 95 })
  })

  freshDatabaseTest('negative control: not if the confirmation does not write it', async ({ database }) => {
    await plantFunction(database, 'settle_bookings', {
      part: 'if v_planned_ids is not null then',
      becomes: 'if false then',
    })
    expect((await afterConfirmation(database)).request).toMatchObject({ status: 'open', surgeonId: null, minutes: 60 })
  })
})
