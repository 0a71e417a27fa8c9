import { randomUUID } from 'node:crypto'
import { plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { expect } from 'vitest'
import {
  aCase,
  aRoom,
  aTheatre,
  type BuiltTheatre,
  caseOf,
  someStaff,
  soonAt,
  freshTest as test,
} from '../../test/theatre.ts'

/** Makes a resource inactive in a transaction that a change of cases waits for. @returns the outcome of the change */
async function whileClosing<Outcome>(
  database: TestDatabase,
  resourceId: string,
  change: () => Promise<Outcome>,
): Promise<Outcome> {
  const client = await database.ownerPool.connect()
  try {
    await client.query('begin')
    await client.query('update holdfast.resource set active = false where id = $1', [resourceId])
    const changing = change()
    await untilLockWaiters(database, 1)
    await client.query('commit')
    return await changing
  } finally {
    client.release()
  }
}

/** A confirmed case with a nurse, and its move to another room and time, which needs all three. */
async function aMove(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic, surgeon } = scene
  const nurse = await someStaff(theatre, clinic, 'nurse')
  const room = await aRoom(theatre, clinic, { name: 'Room 2' })
  const { id } = caseOf(await theatre.claimCase(aCase(scene, { staffIds: [nurse], confirm: true })))
  const change = { roomId: room, startsAt: soonAt(12) }
  const move = () => theatre.moveCase({ caseId: id, change, override: null, actorId: null, key: randomUUID() })
  return { scene, id, move, resources: { room, surgeon: surgeon.id, nurse } }
}

async function placeOf({ theatre }: BuiltTheatre, id: string) {
  const found = await theatre.case(id)
  return { roomId: found?.roomId, startsAt: found?.startsAt }
}

test.for([
  ['room', '/roomId'],
  ['surgeon', '/surgeonId'],
  ['nurse', '/staffIds/0'],
] as const)('a case is not moved to a %s that turns inactive as it waits', async ([name, path], { database }) => {
  const { scene, id, move, resources } = await aMove(database)
  const before = await placeOf(scene, id)
  const outcome = await whileClosing(database, resources[name], move)
  expect(outcome).toMatchObject({ kind: 'resource_invalid', path, why: 'inactive' })
  expect(await placeOf(scene, id)).toEqual(before)
})

test('an emergency that bumps a case gets no room that is closed while it waits', async ({ database, scene }) => {
  const { theatre, room } = scene
  const inTheWay = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const emergency = aCase(scene, { urgency: 'immediate', confirm: true })
  const bump = () => theatre.bumpCases({ emergency, bumpedCaseIds: [inTheWay.id], reason: 'Bleeding' })
  expect(await whileClosing(database, room, bump)).toMatchObject({ kind: 'resource_invalid', path: '/roomId' })
  expect(await theatre.case(inTheWay.id)).toMatchObject({ status: 'CONFIRMED' })
})

test('a case keeps a room that is closed while its change waits', async ({ database, scene }) => {
  const { theatre, room } = scene
  const { id } = caseOf(await theatre.claimCase(aCase(scene, { confirm: true })))
  const request = { caseId: id, change: { minutes: 45 }, override: null, actorId: null, key: randomUUID() }
  const outcome = await whileClosing(database, room, () => theatre.moveCase(request))
  expect(outcome).toMatchObject({ kind: 'done', case: { roomId: room, minutes: 45 } })
})

test('negative control: not judged again under locks, the case is in the closed room', async ({ database }) => {
  await plantFunction(database, 'place_cases', { part: '(n.is_fit and n.active) is not true', becomes: 'false' })
  const { scene, id, move, resources } = await aMove(database)
  expect(await whileClosing(database, resources.room, move)).toMatchObject({ kind: 'done' })
  expect(await placeOf(scene, id)).toMatchObject({ roomId: resources.room })
})
