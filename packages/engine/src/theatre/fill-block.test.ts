import { randomUUID } from 'node:crypto'
import { aSlot, lapseHolds, ofKind, type TestDatabase } from '@holdfast/testkit'
import { expect, vi } from 'vitest'
import { aBlock, aCase, aRoom, aTheatre, caseOf, soonAt, test } from '../../test/theatre.ts'
import { slotOf } from '../../test/theatre-transaction.ts'
import { InvalidCursor } from '../lists/cursor.ts'
import { clinicNoOf, newId } from '../model/id.ts'
import type { Theatre } from '../model/theatre.ts'
import type { Block } from '../model/theatre-resource.ts'
import { blockFillings } from './block-fillings.ts'
import { cursorOfRequests, requestsScheduledIn } from './case-requests.ts'
import { fillBlock } from './fill-block.ts'
import { longestFree } from './longest-free.ts'

test('to fill a block, the cases of requests in other blocks are not read', async ({ database, scene }) => {
  const { theatre, clinic, room } = scene
  const blockId = await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(9), capacity: 60 })
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

test('where many fit and cannot be placed, calls end after seconds, and the next goes on', async ({ database }) => {
  const { theatre, blockId } = await aBlockWithABusySurgeon(database)
  let clock = 0
  let searches = 0
  const slow: Theatre = {
    ...theatre,
    suggest: (query) => {
      searches += 1
      clock += 1_500
      return theatre.suggest(query)
    },
  }
  const fill = fillBlock(slow, { ...alone, fillings: blockFillings(database.appPool) }, () => clock)
  const steps: number[] = []
  const seen: (Block['filling'] | undefined)[] = []
  let cursor: string | null = null
  const booked: number[] = []
  do {
    const step = await fill({ blockId, confirm: true, actorId: null, key: randomUUID(), cursor })
    if (step.kind !== 'filled') throw new Error(step.kind)
    steps.push(step.examined)
    booked.push(...step.cases.map(({ minutes }) => minutes))
    cursor = step.nextCursor
    seen.push((await theatre.block(blockId))?.filling)
  } while (cursor !== null)
  expect({ steps, searches, booked }).toEqual({ steps: [2, 2, 1], searches: 5, booked: [60] })
  expect(seen).toEqual([{ examined: 2, booked: 0 }, { examined: 4, booked: 1 }, null])
})

test('a later step claims nothing booked earlier, and its retry returns what it booked', async ({ database }) => {
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
  const fill = fillBlock(slow, { ...alone, fillings: blockFillings(database.appPool), scheduledIn }, () => clock)
  const by = { blockId, confirm: true, actorId: null }
  const first = ofKind(await fill({ ...by, key: randomUUID() }), 'filled')
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
    Buffer.from(JSON.stringify(['block-filling', block, request, randomUUID(), '1', '0'])).toString('base64url')
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

test('an immediate request is not booked in a block of next month, nor an urgent one', async ({ scene }) => {
  const { theatre, clinic, room } = scene
  const blockId = await aBlock(theatre, room, { startsAt: soonAt(45 * 24), endsAt: soonAt(45 * 24 + 8), capacity: 480 })
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

test('one run fills a block: a second is refused, also between steps, until it ends', async ({ database }) => {
  const { theatre, blockId } = await aBlockToFill(database)
  const by = { blockId, confirm: true, actorId: null }
  const steps = fillBlock(theatre, { ...alone, fillings: blockFillings(database.appPool) }, aClockOf(6_000))
  const step = ofKind(await steps({ ...by, key: randomUUID() }), 'filled')
  const second = { ...by, key: randomUUID() }
  const soFar = { examined: 1, booked: 1 }
  expect(await theatre.fillBlock(second)).toEqual({ kind: 'block_being_filled', ...soFar })
  expect((await theatre.block(blockId))?.filling).toEqual(soFar)
  const next = { ...by, key: randomUUID(), cursor: step.nextCursor }
  expect(await theatre.fillBlock(next)).toMatchObject({ kind: 'filled', cases: [{ blockId }], nextCursor: null })
  expect(await theatre.fillBlock(second)).toMatchObject({ kind: 'filled', cases: [] })
})

test('a second run is refused while the first one searches, and a repetition is not', async ({ database }) => {
  const { theatre, blockId } = await aBlockToFill(database)
  const [searching, mayGoOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const suggest: Theatre['suggest'] = async (query) => {
    searching.resolve()
    await mayGoOn.promise
    return theatre.suggest(query)
  }
  const fillings = blockFillings(database.appPool)
  const first = fillBlock({ ...theatre, suggest }, { ...alone, fillings })
  const by = { blockId, confirm: true, actorId: null }
  const key = randomUUID()
  const filled = first({ ...by, key })
  await searching.promise
  const refused = await theatre.fillBlock({ ...by, key: randomUUID() })
  const repeated = await theatre.fillBlock({ ...by, key })
  mayGoOn.resolve()
  expect(refused).toEqual({ kind: 'block_being_filled', examined: 0, booked: 0 })
  expect(repeated).toMatchObject({ kind: 'filled', cases: [{ blockId }, { blockId }] })
  const idsOf = (outcome: typeof repeated) => ('cases' in outcome ? outcome.cases.map(({ id }) => id) : [])
  expect(idsOf(await filled)).toEqual(idsOf(repeated))
})

test('a run that nobody continues is over, and another one fills the block', async ({ database }) => {
  const { theatre, blockId } = await aBlockToFill(database)
  const by = { blockId, confirm: true, actorId: null }
  const steps = fillBlock(theatre, { ...alone, fillings: blockFillings(database.appPool) }, aClockOf(6_000))
  const left = ofKind(await steps({ ...by, key: randomUUID() }), 'filled')
  await database.ownerPool.query('update holdfast.block_filling set running_until = now() where block_id = $1', [
    blockId,
  ])
  expect((await theatre.block(blockId))?.filling).toBeNull()
  const other = await theatre.fillBlock({ ...by, key: randomUUID() })
  expect(other).toMatchObject({ kind: 'filled', cases: [{ blockId }], nextCursor: null })
  // The one that was left goes on, if its caller comes back when no other runs.
  expect(await theatre.fillBlock({ ...by, key: randomUUID(), cursor: left.nextCursor })).toMatchObject({
    kind: 'filled',
    cases: [],
  })
})

/** Each look at the clock is so much later: a step ends after its first request. */
function aClockOf(stepMs: number): () => number {
  let clock = 0
  return () => {
    clock += stepMs
    return clock
  }
}

/**
 * No earlier try has booked anything, no other run fills the block, and its room is free for as long as it has minutes.
 */
const alone = {
  scheduledIn: async () => [],
  longestFree: async () => Number.POSITIVE_INFINITY,
  fillings: { begin: async () => null, end: async () => undefined },
}

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
    expect(await fillBlock(busy[refused], alone)(fill)).toMatchObject({
      kind: 'filled_in_part',
      cases: [{ blockId }],
      retryAfterSeconds: 1,
    })
    expect(await theatre.fillBlock(fill)).toMatchObject({ kind: 'filled', cases: [{ blockId }, { blockId }] })
  },
)

test('only requests of fitting owner, room and length are read; none for a full block', async ({ scene }) => {
  const { theatre, clinic, room } = scene
  const drafts = [{ startsAt: soonAt(8), endsAt: soonAt(10), capacity: 120 }]
  const owner = { service: 'Orthopaedics', surgeonId: null, releaseDays: null }
  const blocks = await theatre.createBlocks({ ...owner, roomId: room, when: { drafts }, dryRun: false, actorId: null })
  const blockId = (blocks.kind === 'done' ? blocks.items[0]?.blockId : null) ?? ''
  const other = await aRoom(theatre, clinic, { name: 'Room 2' })
  type Change = { service?: string; minutes?: number; roomId?: string; surgeonId?: null }
  const wait = async (change: Change) => {
    const { patient, service, procedure, minutes, urgency, surgeonId } = aCase(scene)
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null, createdBy: null }
    await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, mayChangePatient: true, ...change }, null)
  }
  for (let n = 0; n < 5; n += 1) {
    await wait({ service: 'Cardiac' })
    await wait({ minutes: 121 })
    await wait({ roomId: other })
    await wait({ surgeonId: null })
  }
  await wait({ service: 'ORTHOPAEDICS', roomId: room })
  for (let n = 1; n < 20; n += 1) await wait({})
  let searches = 0
  const suggest: Theatre['suggest'] = (query) => {
    searches += 1
    return theatre.suggest(query)
  }
  const fill = fillBlock({ ...theatre, suggest }, alone)
  const filled = await fill({ blockId, confirm: true, actorId: null, key: randomUUID() })
  const cases = [{ service: 'ORTHOPAEDICS' }, { service: 'Orthopaedics' }]
  expect(filled).toMatchObject({ kind: 'filled', cases, examined: 20 })
  expect(searches).toBe(2)
})

test('times are searched for no request that is longer than the room is free at once', async ({ database, scene }) => {
  const { theatre, clinic, room } = scene
  const blockId = await aBlock(theatre, room, { startsAt: soonAt(8), endsAt: soonAt(12), capacity: 240 })
  const wait = async (minutes: number) => {
    const { patient, service, procedure, urgency, surgeonId } = aCase(scene)
    const wanted = { patient, service, procedure, minutes, urgency, surgeonId, equipment: [], staffIds: [] }
    const none = { dueOn: null, roomId: null, anaesthetistId: null, note: null, createdBy: null }
    await theatre.createCaseRequest(clinic.no, { ...wanted, ...none, mayChangePatient: true }, null)
  }
  // The room is free for half an hour, four times; then for an hour, once.
  const held: string[] = []
  for (const half of [1, 3, 5, 7]) {
    const claim = aCase(scene, { startsAt: soonAt(8, half * 30), minutes: 30, confirm: half !== 7 })
    held.push(caseOf(await theatre.claimCase(claim)).id)
  }
  for (let n = 0; n < 20; n += 1) await wait(60)
  await wait(30)
  await wait(30)
  const suggest = vi.fn(theatre.suggest)
  const free = (block: Block) => longestFree(database.appPool, block)
  const fill = fillBlock({ ...theatre, suggest }, { ...alone, longestFree: free })
  const filled = await fill({ blockId, confirm: true, actorId: null, key: randomUUID() })
  expect(filled).toMatchObject({ cases: [{ startsAt: soonAt(8) }, { startsAt: soonAt(9) }], examined: 2 })
  expect(suggest).toHaveBeenCalledTimes(2)
  // A hold that has lapsed takes nothing.
  const last = await theatre.case(held.at(-1) ?? '')
  if (last === null) throw new Error('There is no hold.')
  await lapseHolds(database, await slotOf(database, last))
  const again = await fill({ blockId, confirm: true, actorId: null, key: randomUUID() })
  expect(again).toMatchObject({ cases: [{ startsAt: soonAt(11), minutes: 60 }] })
  expect(suggest).toHaveBeenCalledTimes(3)
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
