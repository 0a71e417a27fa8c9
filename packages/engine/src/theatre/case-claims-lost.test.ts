import { randomUUID } from 'node:crypto'
import { aDoctor, holdLock, type TestDatabase, until, untilLockWaiters } from '@holdfast/testkit'
import pg from 'pg'
import { describe, expect, onTestFinished } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { calling, changedPool, committingLate, losing, lostConnection } from '../../test/losing-pool.ts'
import { aCase, aRoom, aTheatre, caseOf, soonAt, freshTest as test } from '../../test/theatre.ts'
import { createEngine } from '../create-engine.ts'
import { createPool } from '../database/pools.ts'

// A claim whose connection was lost may be committed, or still be committed. It is looked up by its key, and never
// refused as `overloaded`, which means that it was not done.

/** Two claims of one block, which arrive together: a batch books the first, and leaves the second. */
function twoClaims(scene: Awaited<ReturnType<typeof aTheatre>>) {
  return [aCase(scene, { confirm: true }), aCase(scene, { startsAt: soonAt(16), confirm: true })]
}

/** A theatre in which the day of the room's open time is stored: claim_cases does not do that. */
async function aStoredDay(database: TestDatabase) {
  const scene = await aTheatre(database)
  await scene.theatre.claimCase(aCase(scene, { startsAt: soonAt(20) }))
  return scene
}

test('a claim with a lost connection is booked, also while others use up its clinic’s limit', async ({ database }) => {
  const scene = await aTheatre(database)
  const { theatre, robot } = scene
  const others = await Promise.all(
    [13, 15].map((hour) => theatre.claimCase(aCase(scene, { startsAt: soonAt(hour), confirm: true }))),
  )
  const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [robot])
  const moves: Promise<unknown>[] = []
  const pool = losing(database.appPool, calling('schedule_cases'), () => {
    for (const { id: caseId } of others.map(caseOf)) {
      const change = { equipment: [{ equipmentId: robot, units: 1 }] }
      moves.push(engine.theatre.moveCase({ caseId, change, override: null, actorId: null, key: randomUUID() }))
    }
  })
  const waitMsMax = 1_000
  const engine = createEngine({ batchPool: pool, generalPool: pool, clinicCasesMax: 2, waitMsMax })
  const request = aCase(scene, { confirm: true })
  const claiming = engine.theatre.claimCase(request)
  await untilLockWaiters(database, 2)
  const began = performance.now()
  await until(async () => performance.now() > began + waitMsMax, 'the claim has waited too long')
  await lock.release()
  expect(await claiming).toMatchObject({ kind: 'replayed', case: { id: request.caseId, status: 'CONFIRMED' } })
  await Promise.all(moves)
})

test.for(['schedule_cases', 'claim_cases'])(
  'a lost claim whose COMMIT comes late is booked: %s',
  async (name, { database }) => {
    const scene = await aStoredDay(database)
    const settings = { url: database.appUrl, max: 4, name: 'theatre', lockTimeoutMs: 100 }
    const ownPool = createPool(settings)
    onTestFinished(() => ownPool.close(1_000))
    const { pool, commit, refused } = committingLate(ownPool, name)
    const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool, theatrePool: pool })
    const requests = name === 'claim_cases' ? twoClaims(scene) : twoClaims(scene).slice(0, 1)
    const claiming = Promise.all(requests.map((request) => engine.theatre.claimCase(request)))
    // Its locks are not free in time, again and again.
    const repetitions = until(
      async () => refused() >= 4,
      () => `tries that were refused: ${refused()}`,
    )
    await Promise.race([repetitions, claiming])
    await commit()
    expect(await claiming).toMatchObject(
      requests.map(({ caseId }, index) => ({ kind: index === 0 ? 'replayed' : 'booked', case: { id: caseId } })),
    )
  },
)

describe('a claim that a batch leaves', () => {
  test('is looked up when its result is lost', async ({ database }) => {
    const scene = await aStoredDay(database)
    const pool = losing(database.appPool, calling('schedule_cases'))
    const engine = engineOf({ appPool: pool })
    const requests = twoClaims(scene)
    expect(await Promise.all(requests.map((request) => engine.theatre.claimCase(request)))).toMatchObject([
      { kind: 'booked', case: { id: requests[0]?.caseId } },
      { kind: 'replayed', case: { id: requests[1]?.caseId } },
    ])
  })

  test('is sent again when the server may not write', async ({ database }) => {
    const scene = await aStoredDay(database)
    let tries = 0
    const pool = changedPool(database.appPool, async (run, parameters) => {
      if (!calling('schedule_cases')(parameters)) return run(...parameters)
      tries += 1
      if (tries > 1) return run(...parameters)
      throw Object.assign(new pg.DatabaseError('read-only', 0, 'error'), { code: '25006' })
    })
    const engine = engineOf({ appPool: pool })
    const outcomes = await Promise.all(twoClaims(scene).map((request) => engine.theatre.claimCase(request)))
    expect([tries, outcomes]).toMatchObject([2, [{ kind: 'booked' }, { kind: 'booked' }]])
  })

  test('has an unknown outcome if its batch was lost, and then no database is reached', async ({ database }) => {
    const scene = await aStoredDay(database)
    const losingPool = losing(database.appPool, calling('claim_cases'))
    const pool = changedPool(losingPool, async (run, parameters) => {
      if (!calling('schedule_cases')(parameters)) return run(...parameters)
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
    })
    const engine = createEngine({ batchPool: pool, generalPool: pool, unknownMsMax: 1_000 })
    const [one, other] = await Promise.allSettled(twoClaims(scene).map((request) => engine.theatre.claimCase(request)))
    expect(one).toMatchObject({ reason: { name: 'DatabaseUnavailable', outcomeUnknown: true } })
    // The batch, which was sent again, booked it.
    expect(other).toMatchObject({ value: { kind: 'booked' } })
  })
})

test('the outcome of a claim is looked up as long as it is configured', async ({ database, scene }) => {
  const pool = changedPool(database.appPool, async (run, parameters) => {
    if (calling('schedule_cases')(parameters)) throw lostConnection()
    return run(...parameters)
  })
  const engine = createEngine({ batchPool: pool, generalPool: pool, unknownMsMax: 500 })
  const began = performance.now()
  await expect(engine.theatre.claimCase(aCase(scene))).rejects.toMatchObject({ outcomeUnknown: true })
  // The default is 25 seconds.
  expect(performance.now() - began).toBeLessThan(25_000)
})

test('a claim that is waiting for a lock is counted in the depth of its queue', async ({ database }) => {
  const scene = await aStoredDay(database)
  const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [
    scene.surgeon.id,
  ])
  const other = {
    ...scene,
    room: await aRoom(scene.theatre, scene.clinic),
    surgeon: await aDoctor(database, scene.clinic),
  }
  const claims = [aCase(scene), aCase(other)].map((request) => scene.theatre.claimCase(request))
  const { engine } = scene
  const depth = async (queue: 'case' | 'case_alone') => (engine.queueDepths()[queue].inFlight === 1 ? true : undefined)
  // The batch waits for at most half a second; then each claim is sent alone.
  for (const queue of ['case', 'case_alone'] as const) {
    await until(
      () => depth(queue),
      () => `in the queue ${queue}: ${JSON.stringify(engine.queueDepths())}`,
    )
  }
  await lock.release()
  expect(await Promise.all(claims)).toMatchObject([{ kind: 'booked' }, { kind: 'booked' }])
  await until(async () => engine.queueDepths().case_alone.inFlight === 0, 'no claim is at the database')
})
