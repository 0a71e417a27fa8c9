import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { aCase, aRoom, caseOf, soonAt, test } from '../../test/theatre.ts'

test('every change of a case is announced with its position, by its rooms', async ({ scene }) => {
  const { theatre, clinic, room, announced } = scene
  const other = await aRoom(theatre, clinic, { name: 'Room 2' })
  const by = { actorId: null, key: null }
  const request = aCase(scene)
  const caseId = request.caseId
  const changes: [() => Promise<{ kind: string; position?: string }>, string[]][] = [
    [() => theatre.claimCase(request), [room]],
    [() => theatre.moveCase({ ...by, caseId, change: { roomId: other }, override: null }), [room, other]],
    [() => theatre.extendCase({ ...by, caseId, expectedEndsAt: soonAt(11) }), [other]],
    [() => theatre.recordMilestone({ ...by, caseId, milestone: 'in_room', at: soonAt(9), isTrial: true }), [other]],
  ]
  for (const [change, rooms] of changes) {
    if (rooms.length === 1 && rooms[0] === other) await theatre.confirmCase({ ...by, caseId })
    announced.length = 0
    const { position } = await change()
    expect(announced).toMatchObject([{ kind: 'bookings', position, slots: [] }])
    expect(announced[0]?.doctorIds).toEqual(new Set(rooms))
  }
  // What is found done may have been announced with a result that was lost.
  announced.length = 0
  await theatre.claimCase(request)
  expect(announced).toMatchObject([{ position: null }])
})

test('a change under a key is made once, and a refusal is announced to nobody', async ({ scene }) => {
  const { theatre, announced } = scene
  const booked = caseOf(await theatre.claimCase(aCase(scene)))
  announced.length = 0
  expect(await theatre.claimCase(aCase(scene))).toMatchObject({ kind: 'refused' })
  expect(announced).toEqual([])
  const action = { caseId: booked.id, actorId: null, key: randomUUID() }
  expect(await theatre.confirmCase(action)).toMatchObject({ kind: 'done' })
  expect(await theatre.confirmCase(action)).toMatchObject({ kind: 'unchanged' })
})

test('400 confirmations of one case at once: one is made, and nobody is refused', async ({ scene }) => {
  const { theatre } = scene
  const { id: caseId } = caseOf(await theatre.claimCase(aCase(scene)))
  const confirm = () => theatre.confirmCase({ caseId, actorId: null, key: randomUUID() })
  const outcomes = await Promise.all(Array.from({ length: 400 }, confirm))
  const counts = Object.groupBy(outcomes, ({ kind }) => kind)
  expect([counts.done?.length, counts.unchanged?.length]).toEqual([1, 399])
})
