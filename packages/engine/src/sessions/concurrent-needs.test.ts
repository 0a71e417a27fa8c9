import {
  aClinic,
  aDoctor,
  aSession,
  aTimeClaim,
  aVisitResource,
  aVisitType,
  checkHistory,
  createTestDatabase,
  holdLock,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { runTimeClaimBatch } from './claim-times.ts'
import { moveToTime } from './move-to-time.ts'

/** Two doctors, whose visits at the same time need a unit of one device. */
async function aScene(database: TestDatabase, units = 1) {
  const clinic = await aClinic(database)
  const device = await aVisitResource(database, clinic, { kind: 'device', name: 'Ultrasound', units })
  const type = await aVisitType(database, clinic, { devices: [device] })
  const sessions = [
    await aSession(database, await aDoctor(database, clinic)),
    await aSession(database, await aDoctor(database, clinic)),
  ]
  return { clinic, device, type, sessions }
}

type Scene = Awaited<ReturnType<typeof aScene>>

/** Claims with both doctors, each in a separate transaction, which wait together until the device is released. */
async function raceForDevice(database: TestDatabase, { clinic, device, type, sessions }: Scene): Promise<string[]> {
  const lock = await holdLock(
    database.ownerPool,
    `select from holdfast.resource where clinic_no = ${clinic.no} and id = '${device.id}' for no key update`,
  )
  const claims = sessions.map((session) => runTimeClaimBatch(database.appPool, [aTimeClaim(session, type, 0)]))
  await lock.releaseOnce(2)
  const results = (await Promise.all(claims)).flat()
  return results.map((result) => (result.kind === 'completed' ? result.outcome.kind : result.kind)).sort()
}

async function unitsTaken(database: TestDatabase, { device }: Scene): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(
    'select count(*)::integer as count from holdfast.allocation where resource_id = $1',
    [device.id],
  )
  return rows[0]?.count ?? -1
}

describe('visits of different doctors that need the same device', () => {
  test('two claims of its last unit: one is booked, one is refused as needs_taken', async ({ database }) => {
    const scene = await aScene(database)
    expect(await raceForDevice(database, scene)).toEqual(['booked', 'needs_taken'])
    expect(await unitsTaken(database, scene)).toBe(1)
    expect(await checkHistory(database)).toEqual([])
  })

  test('two claims of two units: both are booked', async ({ database }) => {
    const scene = await aScene(database, 2)
    expect(await raceForDevice(database, scene)).toEqual(['booked', 'booked'])
    expect(await unitsTaken(database, scene)).toBe(2)
  })

  test('in one batch the same is so', async ({ database }) => {
    const { type, sessions } = await aScene(database)
    const requests = sessions.map((session) => aTimeClaim(session, type, 0))
    const results = await runTimeClaimBatch(database.appPool, requests)
    const kinds = results.map((result) => (result.kind === 'completed' ? result.outcome.kind : result.kind))
    expect(kinds.sort()).toEqual(['booked', 'needs_taken'])
  })

  test('negative control: without the lock of the device, the constraint has to refuse the second one', async () => {
    const unguarded = await createTestDatabase()
    await plantFunction(unguarded, 'claim_times', {
      part: /union\s+select i\.clinic_no, u\.resource_id\s+from unnest\(.*?where u\.resource_id is not null\) q/s,
      becomes: ') q',
    })
    // Without its lock, a unit counts as one that has come since.
    await plantFunction(unguarded, 'claim_times', {
      part: '(t.unit->>1)::uuid <> all (v_resource_ids)',
      becomes: 'false',
    })
    const scene = await aScene(unguarded)
    const lock = await holdLock(unguarded.ownerPool, 'lock table holdfast.slot in share mode')
    const claims = scene.sessions.map((session) =>
      runTimeClaimBatch(unguarded.appPool, [aTimeClaim(session, scene.type, 0)]).catch(
        (error: { code?: string }) => error.code,
      ),
    )
    await lock.releaseOnce(2)
    expect(await Promise.all(claims)).toContain('23P01')
  })

  test('a move and a claim: one gets it', async ({ database }) => {
    const scene = await aScene(database)
    const { type, sessions, device, clinic } = scene
    const [one, other] = sessions
    if (one === undefined || other === undefined) throw new Error('There are two sessions.')
    const moved = aTimeClaim(one, type, 60, { confirm: true })
    await runTimeClaimBatch(database.appPool, [moved])
    const lock = await holdLock(
      database.ownerPool,
      `select from holdfast.resource where clinic_no = ${clinic.no} and id = '${device.id}' for no key update`,
    )
    const to = { sessionId: one.id, startsAt: one.startsAt, visitTypeId: null }
    const moving = moveToTime(database.appPool, { bookingId: moved.bookingId, ...to, actorId: null, onBehalf: true })
    const claiming = runTimeClaimBatch(database.appPool, [aTimeClaim(other, type, 0)])
    await lock.releaseOnce(2)
    const results = [await moving, ...(await claiming)]
    const kinds = results.map((result) => (result.kind === 'completed' ? result.outcome.kind : result.kind)).sort()
    expect([
      ['booked', 'needs_taken'],
      ['done', 'needs_taken'],
    ]).toContainEqual(kinds)
    expect(await checkHistory(database)).toEqual([])
  })
})
