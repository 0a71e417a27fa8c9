// Rest: each change of a case, with its result lost
import { randomUUID } from 'node:crypto'
import { holdLock, plantFunction, type TestDatabase, until, untilLockWaiters } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect, onTestFinished } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { calling, changedPool, committingLate, losing, lostConnection } from '../../test/losing-pool.ts'
import { aCase, aRoom, aTheatre, type BuiltTheatre, caseOf, soonAt } from '../../test/theatre.ts'
import { createEngine } from '../create-engine.ts'
import { createPool } from '../database/pools.ts'
import type { Committed } from '../model/committed.ts'
import type { Theatre } from '../model/theatre.ts'
import type { Case, MoveCaseRequest } from '../model/theatre-case.ts'
import { verify } from '../verify/verify.ts'

// A change of cases whose connection was lost may be committed, or still be committed. It is run again, and found by
// its key. The caller gets what became of it, and it is made once.

type Scene = BuiltTheatre & { database: TestDatabase; otherRoom: string; one: Case; other: Case }
type Outcome = { kind: string; position?: string }
type Change = {
  name: string
  /** The function that makes it. */
  by: string
  /** Whether `one` is a hold before the change. */
  isHeld?: boolean
  /** Runs before the change. */
  prepare?: (scene: Scene) => Promise<unknown>
  make: (theatre: Theatre, scene: Scene, key: string | null) => Promise<Outcome>
  /** Which cases it changes, without those that it creates. */
  changed: (scene: Scene) => Case[]
  /** What the caller gets if an earlier try has made it. */
  repeated: 'unchanged' | 'replayed'
  /** The expected fields of the case that the caller gets. */
  placed?: object
  /** The expected fields of `one` and of `other`. */
  after: object[]
}

const who = { actorId: null, override: null }
const arrival = (key: string | null, at: Date | null = soonAt(8, 30)) =>
  ({ milestone: 'arrived', at, isTrial: true, actorId: null, key }) as const
const moveOf = ({ one, otherRoom }: Scene, key: string | null): MoveCaseRequest => ({
  ...who,
  key,
  caseId: one.id,
  change: { roomId: otherRoom, startsAt: soonAt(11) },
})

const changes: Change[] = [
  {
    name: 'confirmation',
    by: 'settle_bookings',
    isHeld: true,
    make: (theatre, { one }, key) => theatre.confirmCase({ caseId: one.id, actorId: null, key }),
    changed: ({ one }) => [one],
    repeated: 'unchanged',
    placed: { status: 'CONFIRMED' },
    after: [{ status: 'CONFIRMED' }, { status: 'CONFIRMED' }],
  },
  {
    name: 'cancellation',
    by: 'settle_bookings',
    make: (theatre, { one }, key) => theatre.cancelCase({ caseId: one.id, actorId: null, key, reasonCode: 'no_bed' }),
    changed: ({ one }) => [one],
    repeated: 'unchanged',
    placed: { status: 'CANCELLED', cancellationReason: 'no_bed' },
    after: [{ status: 'CANCELLED' }, { status: 'CONFIRMED' }],
  },
  {
    name: 'move',
    by: 'schedule_cases',
    make: (theatre, scene, key) => theatre.moveCase(moveOf(scene, key)),
    changed: ({ one }) => [one],
    repeated: 'unchanged',
    after: [{ startsAt: soonAt(11) }, { startsAt: soonAt(12) }],
  },
  {
    name: 'swap',
    by: 'schedule_cases',
    make: (theatre, { one, other }, key) => theatre.swapCases({ ...who, caseId: one.id, otherCaseId: other.id, key }),
    changed: ({ one, other }) => [one, other],
    repeated: 'unchanged',
    after: [{ startsAt: soonAt(12) }, { startsAt: soonAt(9) }],
  },
  {
    name: 'bump by a case that is moved',
    by: 'schedule_cases',
    make: (theatre, scene, key) => {
      const emergency = { ...moveOf(scene, key), change: { startsAt: soonAt(12) } }
      return theatre.bumpCases({ emergency, bumpedCaseIds: [scene.other.id], reason: 'Bleeding' })
    },
    changed: ({ one, other }) => [one, other],
    repeated: 'replayed',
    placed: { startsAt: soonAt(12), status: 'CONFIRMED' },
    after: [{ startsAt: soonAt(12) }, { status: 'CANCELLED' }],
  },
  {
    name: 'bump by a new case',
    by: 'schedule_cases',
    make: (theatre, scene, key) => {
      const emergency = aCase(scene, {
        startsAt: soonAt(12),
        urgency: 'immediate',
        ...(key === null ? {} : { key }),
        requestHash: scene.one.id,
      })
      return theatre.bumpCases({ emergency, bumpedCaseIds: [scene.other.id], reason: 'Bleeding' })
    },
    changed: ({ other }) => [other],
    repeated: 'replayed',
    placed: { startsAt: soonAt(12), status: 'PENDING' },
    after: [{ startsAt: soonAt(9) }, { status: 'CANCELLED' }],
  },
  {
    name: 'milestone',
    by: 'record_milestone',
    make: (theatre, { one }, key) => theatre.recordMilestone({ caseId: one.id, ...arrival(key) }),
    changed: ({ one }) => [one],
    repeated: 'unchanged',
    after: [{ status: 'ARRIVED', milestones: [{ milestone: 'arrived', at: soonAt(8, 30) }] }, { status: 'CONFIRMED' }],
  },
  {
    name: 'removal of a milestone',
    by: 'record_milestone',
    prepare: ({ theatre, one }) => theatre.recordMilestone({ caseId: one.id, ...arrival(null) }),
    make: (theatre, { one }, key) => theatre.recordMilestone({ caseId: one.id, ...arrival(key, null) }),
    changed: ({ one }) => [one],
    repeated: 'unchanged',
    after: [{ status: 'CONFIRMED', milestones: [] }, { status: 'CONFIRMED' }],
  },
  {
    name: 'extend',
    by: 'prolong_case',
    make: (theatre, { one }, key) =>
      theatre.extendCase({ caseId: one.id, expectedEndsAt: soonAt(10, 30), actorId: null, key }),
    changed: ({ one }) => [one],
    repeated: 'unchanged',
    after: [{ expectedEndsAt: soonAt(10, 30) }, { expectedEndsAt: soonAt(13) }],
  },
]

function changeNamed(name: string): Change {
  const found = changes.find((one) => one.name === name)
  if (found === undefined) throw new Error(`The table lacks ${name}.`)
  return found
}

/** A theatre with an urgent case at nine and an elective one at twelve. */
async function aScene(
  database: TestDatabase,
  { isHeld = false, prepare }: Pick<Change, 'isHeld' | 'prepare'>,
): Promise<Scene> {
  const built = await aTheatre(database)
  const otherRoom = await aRoom(built.theatre, built.clinic)
  const booked = async (overrides: Parameters<typeof aCase>[1]) =>
    caseOf(await built.theatre.claimCase(aCase(built, overrides)))
  const one = await booked({ startsAt: soonAt(9), confirm: !isHeld, urgency: 'urgent' })
  const other = await booked({ startsAt: soonAt(12), confirm: true })
  const scene = { ...built, database, otherRoom, one, other }
  if (prepare === undefined) return scene
  await prepare(scene)
  return { ...scene, one: await caseNow(scene, one), other: await caseNow(scene, other) }
}

async function caseNow({ theatre }: Scene, { id }: Case): Promise<Case> {
  const found = await theatre.case(id)
  if (found === null) throw new Error(`There is no case ${id}.`)
  return found
}

/** The change has been made once: each of its cases has one version more, and the log agrees. */
async function expectMadeOnce(scene: Scene, change: Change, outcome: Outcome, kinds: string[]): Promise<void> {
  expect(kinds).toContain(outcome.kind)
  if (change.placed !== undefined) expect(outcome).toMatchObject({ case: change.placed })
  const now = await Promise.all([scene.one, scene.other].map((one) => caseNow(scene, one)))
  const before = change.changed(scene)
  expect(now.filter(({ id }) => before.some((one) => one.id === id)).map(({ version }) => version)).toEqual(
    before.map(({ version }) => version + 1),
  )
  expect(now).toMatchObject(change.after)
  const [first] = before
  const { rows } = await scene.database.ownerPool.query<{ xid: string }>(sql`
    select xid::text as xid from holdfast.booking_event where booking_id = ${first?.id} order by version desc limit 1`)
  expect(outcome.position).toBe(rows[0]?.xid)
  const report = await verify(scene.database.appPool, { clinicNo: scene.clinic.no, detailsMax: 9 })
  expect(report.details).toEqual([])
}

/** An engine that loses the result of its nth statement; null: it loses none. `statements`: how many it has sent. */
function losingNth(database: TestDatabase, nth: number | null) {
  let statements = 0
  const pool = changedPool(database.appPool, async (run, parameters) => {
    statements += 1
    const isLost = statements === nth
    const result = await run(...parameters)
    if (isLost) throw lostConnection()
    return result
  })
  return { engine: createEngine({ batchPool: pool, generalPool: pool }), statements: () => statements }
}

describe.for(changes)('$name', (change) => {
  test('whichever result is lost, the caller gets the outcome, and the change is made once', async ({ database }) => {
    const { engine: undisturbed, statements } = losingNth(database, null)
    const first = await aScene(database, change)
    await expectMadeOnce(first, change, await change.make(undisturbed.theatre, first, null), ['done'])
    for (let nth = 1; nth <= statements(); nth += 1) {
      const scene = await aScene(database, change)
      const { engine } = losingNth(database, nth)
      const outcome = await change.make(engine.theatre, scene, null)
      await expectMadeOnce(scene, change, outcome, ['done', change.repeated])
    }
  })

  test('whose COMMIT comes while it is run again is made once', async ({ database }) => {
    const scene = await aScene(database, change)
    const ownPool = createPool({ url: database.appUrl, max: 4, name: 'theatre', lockTimeoutMs: 60_000 })
    onTestFinished(() => ownPool.close(1_000))
    const { pool, commit } = committingLate(ownPool, change.by)
    const engine = createEngine({ batchPool: pool, generalPool: database.appPool, theatrePool: pool })
    const making = change.make(engine.theatre, scene, null)
    await untilLockWaiters(database, 1)
    await commit()
    await expectMadeOnce(scene, change, await making, [change.repeated])
  })

  test('whose COMMIT comes after it has found its rows locked is made once', async ({ database }) => {
    const scene = await aScene(database, change)
    const ownPool = createPool({ url: database.appUrl, max: 4, name: 'theatre', lockTimeoutMs: 50 })
    onTestFinished(() => ownPool.close(1_000))
    const { pool, commit, refused } = committingLate(ownPool, change.by)
    const bounds = { waitMsMax: 100 }
    const engine = createEngine({
      batchPool: pool,
      generalPool: database.appPool,
      theatrePool: pool,
      ...bounds,
    })
    const making = change.make(engine.theatre, scene, null)
    const repetitions = until(
      async () => refused() >= 3,
      () => `tries that were refused: ${refused()}`,
    )
    await Promise.race([repetitions, making])
    await commit()
    await expectMadeOnce(scene, change, await making, [change.repeated])
  })

  test('has an unknown outcome if the database does not come back in time', async ({ database }) => {
    const scene = await aScene(database, change)
    const pool = changedPool(database.appPool, async (run, parameters) => {
      if (calling(change.by)(parameters)) throw lostConnection()
      return run(...parameters)
    })
    const engine = createEngine({ batchPool: pool, generalPool: pool, unknownMsMax: 300 })
    await expect(change.make(engine.theatre, scene, null)).rejects.toMatchObject({
      name: 'DatabaseUnavailable',
      outcomeUnknown: true,
    })
  })

  test('sent again with its key, to another server, is found', async ({ database }) => {
    const scene = await aScene(database, change)
    const key = randomUUID()
    await change.make(scene.theatre, scene, key)
    const another = engineOf(database)
    await expectMadeOnce(scene, change, await change.make(another.theatre, scene, key), [change.repeated])
  })
})

test('a move that is found announces the room that it left', async ({ database }) => {
  const move = changeNamed('move')
  const scene = await aScene(database, move)
  const pool = losing(database.appPool, calling('schedule_cases'))
  const engine = engineOf({ appPool: pool })
  const announced: Committed[] = []
  engine.onCommitted((committed) => announced.push(committed))
  await move.make(engine.theatre, scene, null)
  expect(announced).toMatchObject([{ position: null, doctorIds: new Set([scene.room, scene.otherRoom]) }])
})

test.for([
  { name: 'milestone', undo: true },
  { name: 'extend', undo: false },
])('a repeated $name is found, although the case was cancelled since', async ({ name, undo }, { database }) => {
  const change = changeNamed(name)
  const scene = await aScene(database, change)
  const key = randomUUID()
  await change.make(scene.theatre, scene, key)
  if (undo) await scene.theatre.recordMilestone({ caseId: scene.one.id, ...arrival(null, null) })
  await scene.theatre.cancelCase({ caseId: scene.one.id, actorId: null, key: null, reasonCode: 'other' })
  expect(await change.make(scene.theatre, scene, key)).toMatchObject({
    kind: 'unchanged',
    case: { status: 'CANCELLED' },
  })
})

test('a confirmation that does not reach the database is refused at once, as not processed', async ({ database }) => {
  const confirmation = changeNamed('confirmation')
  const scene = await aScene(database, confirmation)
  const pool = changedPool(database.appPool, async (run, parameters) => {
    if (!calling('settle_bookings')(parameters)) return run(...parameters)
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
  })
  const engine = engineOf({ appPool: pool })
  await expect(confirmation.make(engine.theatre, scene, null)).rejects.toMatchObject({
    name: 'DatabaseUnavailable',
    outcomeUnknown: false,
  })
})

test('a confirmation does not wait for changes of its clinic that wait for a lock', async ({ database }) => {
  const confirmation = changeNamed('confirmation')
  const scene = await aScene(database, confirmation)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool, clinicCasesMax: 1 })
  const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [
    scene.otherRoom,
  ])
  const moving = engine.theatre.moveCase(moveOf({ ...scene, one: scene.other }, null))
  await untilLockWaiters(database, 1)
  expect(await confirmation.make(engine.theatre, scene, null)).toMatchObject({ kind: 'done' })
  await lock.release()
  expect(await moving).toMatchObject({ kind: 'done' })
})

test('changes of cases are counted in the depth of their queue', async ({ database }) => {
  const move = changeNamed('move')
  const scene = await aScene(database, move)
  const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [
    scene.room,
  ])
  const making = move.make(scene.theatre, { ...scene, otherRoom: scene.room }, null)
  await untilLockWaiters(database, 1)
  expect(scene.engine.queueDepths().case_change).toMatchObject({ inFlight: 1 })
  await lock.release()
  expect(await making).toMatchObject({ kind: 'done' })
  await until(async () => scene.engine.queueDepths().case_change.inFlight === 0, 'no change is at the database')
})

test('negative control: if the log is not searched for the key, a swap is made twice', async () => {
  const database = await anotherDatabase()
  await plantFunction(database, 'is_repeated', { part: 'if p_key is null then', becomes: 'if true then' })
  const swap = changeNamed('swap')
  const scene = await aScene(database, swap)
  const pool = losing(database.appPool, calling(swap.by))
  const engine = engineOf({ appPool: pool })
  const outcome = await swap.make(engine.theatre, scene, null)
  await expect(expectMadeOnce(scene, swap, outcome, ['done', 'unchanged'])).rejects.toThrow(/version|expected/)
})
