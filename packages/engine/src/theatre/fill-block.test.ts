import { randomUUID } from 'node:crypto'
import { aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, vi } from 'vitest'
import { aCase, aTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { Theatre } from '../model/theatre.ts'
import type { Block } from '../model/theatre-resource.ts'
import { cursorOfRequests, requestsScheduledIn } from './case-requests.ts'
import { fillBlock } from './fill-block.ts'

test('to fill a block, the cases of requests in other blocks are not read', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  const drafts = [{ startsAt: soonAt(8), endsAt: soonAt(9), capacity: 60 }]
  const owner = { service: null, surgeonId: null, releaseDays: null }
  const blocks = await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
  const blockId = (blocks.kind === 'done' ? blocks.items[0]?.blockId : null) ?? ''
  const caseIds: string[] = []
  for (const hour of [8, 10, 11, 12]) {
    const claim = aCase(scene, { startsAt: soonAt(hour) })
    const { patient, service, procedure, minutes, urgency, surgeonId } = claim
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null }
    const by = { createdBy: null, mayChangePatient: true }
    const created = await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, ...by }, null)
    const requestId = created.kind === 'done' && created.value.kind === 'created' ? created.value.id : ''
    caseIds.push(caseOf(await theatre.claimCase({ ...claim, requestId })).id)
  }
  const queries = vi.spyOn(database.appPool, 'query')
  expect(await theatre.fillBlock({ blockId, confirm: false, actorId: null, key: randomUUID() })).toEqual({
    kind: 'filled',
    cases: [],
    examined: 0,
    nextCursor: null,
  })
  const sent = queries.mock.calls.map(([query]) => JSON.stringify(query)).join()
  queries.mockRestore()
  // The one in the block may have been booked by an earlier try of this call.
  expect(caseIds.filter((id) => sent.includes(id))).toEqual(caseIds.slice(0, 1))
})

/** The surgeon of the requests is away while the block lasts, but for its last hour. */
async function aBlockWithABusySurgeon(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room, surgeon } = scene
  const drafts = [{ startsAt: soonAt(8), endsAt: soonAt(12), capacity: 240 }]
  const owner = { service: null, surgeonId: null, releaseDays: null }
  const blocks = await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
  await aSlot(database, surgeon, { startsAt: soonAt(8), minutes: 180 })
  for (const minutes of [90, 90, 60, 90, 90]) {
    const { patient, service, procedure, urgency, surgeonId } = aCase(scene)
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null, createdBy: null }
    await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, mayChangePatient: true }, null)
  }
  return { theatre, blockId: (blocks.kind === 'done' ? blocks.items[0]?.blockId : null) ?? '' }
}

test('where many fit and cannot be placed, each call ends after some seconds, and the next goes on', async ({
  database,
}) => {
  const { theatre, blockId } = await aBlockWithABusySurgeon(database)
  let clock = 0
  let searches = 0
  const slow: Theatre = {
    ...theatre,
    suggest: (query) => {
      searches += 1
      clock += 3_000
      return theatre.suggest(query)
    },
  }
  const fill = fillBlock(
    slow,
    async () => [],
    () => clock,
  )
  const steps: number[] = []
  let cursor: string | null = null
  const booked: number[] = []
  do {
    const step = await fill({ blockId, confirm: true, actorId: null, key: randomUUID(), cursor })
    if (step.kind !== 'filled') throw new Error(step.kind)
    steps.push(step.examined)
    booked.push(...step.cases.map(({ minutes }) => minutes))
    cursor = step.nextCursor
  } while (cursor !== null)
  expect({ steps, searches, booked }).toEqual({ steps: [2, 2, 1], searches: 5, booked: [60] })
})

test('a later step claims nothing that an earlier one has booked, and its retry returns what it booked', async ({
  database,
}) => {
  const { theatre, blockId } = await aBlockToFill(database)
  let clock = 0
  const claimed: (string | null)[] = []
  const slow: Theatre = {
    ...theatre,
    suggest: (query) => {
      clock += 6_000
      return theatre.suggest(query)
    },
    claimCase: (claim) => {
      claimed.push(claim.requestId)
      return theatre.claimCase(claim)
    },
  }
  const scheduledIn = (block: Block, afterId: string | null) => requestsScheduledIn(database.appPool, block, afterId)
  const fill = fillBlock(slow, scheduledIn, () => clock)
  const by = { blockId, confirm: true, actorId: null }
  const first = await fill({ ...by, key: randomUUID() })
  if (first.kind !== 'filled') throw new Error(first.kind)
  expect(first).toMatchObject({ cases: [{ blockId }], examined: 1, nextCursor: expect.any(String) })
  const next = { ...by, key: randomUUID(), cursor: first.nextCursor }
  const second = await fill(next)
  expect(second).toMatchObject({ cases: [{ blockId }], examined: 1, nextCursor: null })
  expect(new Set(claimed).size).toBe(2)
  expect(claimed).toHaveLength(2)
  expect(await fill(next)).toMatchObject({ cases: second.kind === 'filled' ? second.cases : [] })
  expect(claimed).toEqual([claimed[0], claimed[1], claimed[1]])
})

test('a cursor that no step of this block returned is refused', async ({ database }) => {
  const { theatre, blockId } = await aBlockToFill(database)
  const there = await aBlockToFill(database)
  const cursorOf = (block: string, request: string) =>
    Buffer.from(JSON.stringify(['block-filling', block, request])).toString('base64url')
  const [request] = (await theatre.caseRequestsPage({ clinicNo: clinicNoOf(blockId), status: 'open', ...onePage }))
    .items
  const requestId = request?.id ?? ''
  const fill = (cursor: string) =>
    theatre.fillBlock({ blockId, confirm: true, actorId: null, key: randomUUID(), cursor })
  const [foreign] = (
    await theatre.caseRequestsPage({ clinicNo: clinicNoOf(there.blockId), status: 'open', ...onePage })
  ).items
  for (const cursor of [
    'x',
    cursorOfRequests.encode(requestId),
    cursorOf(there.blockId, requestId),
    cursorOf(blockId, foreign?.id ?? ''),
    cursorOf(blockId, newId(clinicNoOf(blockId))),
  ]) {
    await expect(fill(cursor)).rejects.toThrow(InvalidCursor)
  }
  expect(await fill(cursorOf(blockId, requestId))).toMatchObject({ kind: 'filled', cases: [{ blockId }] })
  const clinicNo = clinicNoOf(blockId)
  const unknown = cursorOfRequests.encode(newId(clinicNo))
  await expect(theatre.caseRequestsPage({ clinicNo, status: 'open', ...onePage, cursor: unknown })).rejects.toThrow(
    InvalidCursor,
  )
})

test('an immediate request is not booked in a block of next month, nor an urgent one', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  const drafts = [{ startsAt: soonAt(45 * 24), endsAt: soonAt(45 * 24 + 8), capacity: 480 }]
  const owner = { service: null, surgeonId: null, releaseDays: null }
  const blocks = await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
  const blockId = (blocks.kind === 'done' ? blocks.items[0]?.blockId : null) ?? ''
  for (const urgency of ['immediate', 'urgent', 'expedited', 'elective'] as const) {
    const { patient, service, procedure, minutes, surgeonId } = aCase(scene)
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null, createdBy: null }
    await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, mayChangePatient: true }, null)
  }
  expect(await theatre.fillBlock({ blockId, confirm: true, actorId: null, key: randomUUID() })).toMatchObject({
    kind: 'filled',
    cases: [{ urgency: 'expedited' }, { urgency: 'elective' }],
  })
})

const onePage = { limit: 10, cursor: null }

/** A block of four hours, and two requests for it. */
async function aBlockToFill(database: TestDatabase) {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  const drafts = [{ startsAt: soonAt(8), endsAt: soonAt(12), capacity: 240 }]
  const owner = { service: null, surgeonId: null, releaseDays: null }
  const blocks = await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
  for (let n = 0; n < 2; n += 1) {
    const { patient, service, procedure, minutes, urgency, surgeonId } = aCase(scene)
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null }
    const by = { createdBy: null, mayChangePatient: true }
    await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, ...by }, null)
  }
  return { theatre, room, blockId: (blocks.kind === 'done' ? blocks.items[0]?.blockId : null) ?? '' }
}

test.for(['claimCase', 'suggest'] as const)(
  'the server is overloaded after the first case of a block: it is filled in part, and a retry continues: %s',
  async (refused, { database }) => {
    const { theatre, blockId } = await aBlockToFill(database)
    const overloaded = { kind: 'overloaded' as const, retryAfterSeconds: 1 }
    let calls = 0
    // The second of the two requests is refused.
    const isRefused = () => {
      calls += 1
      return calls > 1
    }
    const busy = {
      claimCase: { ...theatre, claimCase: async (it) => (isRefused() ? overloaded : theatre.claimCase(it)) },
      suggest: { ...theatre, suggest: async (it) => (isRefused() ? overloaded : theatre.suggest(it)) },
    } satisfies Record<string, Theatre>
    const fill = { blockId, confirm: false, actorId: null, key: randomUUID() }
    expect(await fillBlock(busy[refused], async () => [])(fill)).toMatchObject({
      kind: 'filled_in_part',
      cases: [{ blockId }],
      retryAfterSeconds: 1,
    })
    expect(await theatre.fillBlock(fill)).toMatchObject({ kind: 'filled', cases: [{ blockId }, { blockId }] })
  },
)

test('times are searched only for requests whose owner and length fit, and for none in a full block', async ({
  database,
}) => {
  const scene = await aTheatre(database)
  const { theatre, clinic, room } = scene
  const drafts = [{ startsAt: soonAt(8), endsAt: soonAt(10), capacity: 120 }]
  const owner = { service: 'Orthopaedics', surgeonId: null, releaseDays: null }
  const blocks = await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
  const blockId = (blocks.kind === 'done' ? blocks.items[0]?.blockId : null) ?? ''
  const wait = async (change: { service?: string; minutes?: number }) => {
    const { patient, service, procedure, minutes, urgency, surgeonId } = { ...aCase(scene), ...change }
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null, createdBy: null }
    await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, mayChangePatient: true }, null)
  }
  for (let n = 0; n < 5; n += 1) {
    await wait({ service: 'Cardiac' })
    await wait({ minutes: 121 })
  }
  for (let n = 0; n < 20; n += 1) await wait({})
  let searches = 0
  const suggest: Theatre['suggest'] = (query) => {
    searches += 1
    return theatre.suggest(query)
  }
  const fill = fillBlock({ ...theatre, suggest }, async () => [])
  const filled = await fill({ blockId, confirm: true, actorId: null, key: randomUUID() })
  expect(filled).toMatchObject({ kind: 'filled', cases: [{ minutes: 60 }, { minutes: 60 }] })
  expect(searches).toBe(2)
})

test('a room that takes no new cases is a reason only for what no earlier try has booked', async ({ database }) => {
  const { theatre, room, blockId } = await aBlockToFill(database)
  const fill = { blockId, confirm: false, actorId: null, key: randomUUID() }
  await theatre.updateRoom(room, { active: false })
  expect(await theatre.fillBlock(fill)).toEqual({ kind: 'room_inactive', roomId: room })
  await theatre.updateRoom(room, { active: true })
  const filled = await theatre.fillBlock(fill)
  expect(filled).toMatchObject({ kind: 'filled', cases: [{ blockId }, { blockId }] })
  await theatre.updateRoom(room, { active: false })
  expect(await theatre.fillBlock(fill)).toMatchObject({ cases: filled.kind === 'filled' ? filled.cases : [] })
})
