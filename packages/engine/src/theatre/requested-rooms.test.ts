import { randomUUID } from 'node:crypto'
import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aBlock, aCase, aCaseRequest, aRoom, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import type { MoveCaseRequest } from '../model/theatre-case.ts'

/** A request that needs the hybrid room, and another room. */
async function aRequestWithRoom(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic } = scene
  const hybrid = await aRoom(theatre, clinic, { name: 'Hybrid' })
  const claim = aCase(scene)
  const requestId = await aCaseRequest(scene, claim, { roomId: hybrid })
  return { ...scene, hybrid, claim: { ...claim, requestId } }
}

const override = { rules: ['room_not_requested' as const], reason: 'No contrast is needed' }
const refused = (resourceId: string) => ({
  kind: 'refused',
  conflicts: [{ kind: 'room_not_requested', resourceId, name: 'Hybrid' }],
})

test('a request gets a case in the room that it needs, and in another one only with a reason', async ({ database }) => {
  const { theatre, hybrid, claim } = await aRequestWithRoom(database)
  expect(await theatre.claimCase(claim)).toMatchObject(refused(hybrid))
  expect(await theatre.checkCase({ ...claim, urgency: 'expedited' })).toMatchObject({
    conflicts: [{ kind: 'room_not_requested' }],
  })
  expect(caseOf(await theatre.claimCase({ ...claim, override }))).toMatchObject({ roomId: claim.roomId, override })
  expect(await theatre.caseRequest(claim.requestId)).toMatchObject({ status: 'scheduled', roomId: hybrid })
})

test('an emergency, or what is over, is in any room', async ({ database }) => {
  const { theatre, claim } = await aRequestWithRoom(database)
  const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 7_200_000)
  for (const change of [{ urgency: 'urgent' as const }, { urgency: 'immediate' as const }, { startsAt }]) {
    expect(await theatre.checkCase({ ...claim, ...change })).toMatchObject({ conflicts: [] })
  }
  expect(await theatre.claimCase({ ...claim, urgency: 'immediate' })).toMatchObject({ case: { override: null } })
})

test('its case moves into another room only with a reason, and is not asked again there', async ({ database }) => {
  const { theatre, room, hybrid, claim } = await aRequestWithRoom(database)
  const { id } = caseOf(await theatre.claimCase({ ...claim, roomId: hybrid }))
  const move = (change: MoveCaseRequest['change'], reason: MoveCaseRequest['override'] = null) =>
    theatre.moveCase({ caseId: id, change, override: reason, actorId: null, key: null })
  expect(await move({ startsAt: soonAt(11) })).toMatchObject({ kind: 'done', case: { override: null } })
  expect(await move({ roomId: room })).toMatchObject(refused(hybrid))
  expect(await move({ roomId: room }, override)).toMatchObject({ kind: 'done', case: { override } })
  expect(await move({ startsAt: soonAt(12) })).toMatchObject({ kind: 'done', case: { roomId: room, override } })
})

test('it gets any room when the one that it needs is no longer used, also in a block that is filled', async ({
  database,
}) => {
  const { theatre, room, hybrid, claim } = await aRequestWithRoom(database)
  const blockId = await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(12), capacity: 240 })
  const fill = () => theatre.fillBlock({ blockId, confirm: false, actorId: null, key: randomUUID() })
  expect(await fill()).toMatchObject({ kind: 'filled', cases: [] })
  await theatre.updateRoom(hybrid, { active: false })
  expect(await theatre.checkCase(claim)).toMatchObject({ conflicts: [] })
  expect(await fill()).toMatchObject({ cases: [{ roomId: room, requestId: claim.requestId, override: null }] })
})

freshDatabaseTest('negative control: without the rule, it gets any room', async ({ database }) => {
  await plantFunction(database, 'case_conflicts', { part: 'q.room_id <> v_room_id', becomes: 'false' })
  const { theatre, claim } = await aRequestWithRoom(database)
  expect(await theatre.claimCase(claim)).toMatchObject({ kind: 'booked' })
})
