import { randomUUID } from 'node:crypto'
import {
  aSettlement,
  aWithdrawal,
  type BuiltDoctor,
  holdLock,
  plantFunction,
  type TestDatabase,
  until,
  untilLockWaiters,
  type VisitTypeOverrides,
} from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { faultsOf } from '../../test/checked-engine.ts'
import { lostConnection } from '../../test/losing-pool.ts'
import { aRequestScene } from '../../test/requests.ts'
import { batchConnectionsMax, createEngine } from '../create-engine.ts'
import { createPool } from '../database/pools.ts'
import type { SettleRequest } from '../model/settle.ts'
import { approvalQueue, findLockedApprovals } from './approve-request.ts'

const approvalOf = (bookingId: string): SettleRequest =>
  aSettlement(bookingId, 'confirm', { actorId: randomUUID(), key: randomUUID() })

async function aRace(its: TestDatabase, overrides: VisitTypeOverrides = { bufferAfterMinutes: 20 }) {
  const engine = createEngine({ batchPool: its.appPool, generalPool: its.appPool })
  const approvals = approvalQueue(its.appPool, () => undefined, {})
  const scene = await aRequestScene(its, engine, undefined, { approval: 'not_holding', ...overrides })
  const approval = (id: string, more: Partial<SettleRequest> = {}) => approvals.submit({ ...approvalOf(id), ...more })
  const end = async () => {
    const faults = await faultsOf(its, engine)
    await approvals.stop()
    await engine.stop()
    return faults
  }
  return { engine, scene, approval, end }
}

const lockDoctor = (its: TestDatabase, { clinicNo, id }: BuiltDoctor) =>
  holdLock(its.ownerPool, 'select from holdfast.resource where clinic_no = $1 and id = $2 for update', [clinicNo, id])

/** Both approvals wait for the doctor, the first one ahead. */
async function approvedAtOnce(its: TestDatabase, race: Awaited<ReturnType<typeof aRace>>, ids: [string, string]) {
  const lock = await lockDoctor(its, race.scene.doctor)
  const approving = [race.approval(ids[0])]
  await untilLockWaiters(its, 1)
  approving.push(race.approval(ids[1]))
  await lock.releaseOnce(2)
  const outcomes = await Promise.all(approving)
  expect(await race.end()).toEqual([])
  return outcomes
}

freshDatabaseTest('of two approvals at once, exactly one wins', async ({ database: its }) => {
  const race = await aRace(its)
  const [first, second] = [await race.scene.request(), await race.scene.request(10)]
  expect(await approvedAtOnce(its, race, [first.id, second.id])).toMatchObject([
    { kind: 'done', booking: { status: 'CONFIRMED' } },
    { kind: 'invalid_transition', booking: { status: 'CANCELLED', failureReason: 'time_taken' } },
  ])
})

async function approvedTwice(its: TestDatabase) {
  const race = await aRace(its)
  const { id } = await race.scene.request()
  const outcomes = await approvedAtOnce(its, race, [id, id])
  return outcomes.map(({ kind }) => kind)
}

freshDatabaseTest('an approval that is repeated while the first one runs is unchanged', async ({ database: its }) => {
  expect(await approvedTwice(its)).toEqual(['done', 'unchanged'])
})

freshDatabaseTest('control: without reading the request again, its time is full', async ({ database: its }) => {
  await plantFunction(its, 'take_requested_time', {
    part: "if v_booking.status <> 'PENDING' or v_booking.units > 0 then",
    becomes: 'if false then',
  })
  expect(await approvedTwice(its)).toEqual(['done', 'slot_full'])
})

/** While an approval has found its time, and not ended, the desk books the time that its buffer takes. */
async function bookedDuringApproval(its: TestDatabase) {
  const race = await aRace(its)
  const { id } = await race.scene.request()
  // No empty slot is left in the way, whose lock would order the two.
  const { clinic } = race.scene
  const former = await race.scene.bookByDesk()
  await race.scene.change(former.id, 'cancel', true)
  const which = { slotId: former.slotId }
  const withdrawal = aWithdrawal(clinic.no, which, { withBookings: false, actorId: randomUUID() })
  expect(await race.engine.withdrawSlots(withdrawal)).toMatchObject({ kind: 'withdrawn' })
  const { rows } = await its.ownerPool.query<{ minutes: number }>(sql`
    select minutes from holdfast.visit_type where id = ${race.scene.type.id}`)
  const lock = await holdLock(its.ownerPool, 'select from holdfast.booking where id = $1 for update', [id])
  const approved = race.approval(id)
  await untilLockWaiters(its, 1)
  const booked = race.scene.bookByDesk((rows[0]?.minutes ?? 0) + 10).then(
    () => 'booked',
    (error: Error) => error.message,
  )
  await Promise.race([booked, untilLockWaiters(its, 2)])
  await lock.release()
  const kinds = [(await approved).kind, await booked]
  return { kinds, faults: await race.end() }
}

freshDatabaseTest('of an approval and a booking, exactly one wins', async ({ database: its }) => {
  expect(await bookedDuringApproval(its)).toEqual({ kinds: ['done', 'slot_full'], faults: [] })
})

freshDatabaseTest('control: without the lock of the doctor, both win', async ({ database: its }) => {
  await plantFunction(its, 'slot_for_move', {
    part: 'perform lock_resources(p_clinic_no, v_resource_ids);',
    becomes: '',
  })
  const { kinds, faults } = await bookedDuringApproval(its)
  expect(kinds).toEqual(['done', 'booked'])
  expect(faults).toMatchObject([{ kind: 'slot_differs' }])
})

freshDatabaseTest(
  'control: if the others were not looked for, they would wait for nothing',
  async ({ database: its }) => {
    await plantFunction(its, 'rival_requests', {
      part: "b.status = 'PENDING' and b.units = 0 and",
      becomes: 'false and',
    })
    const race = await aRace(its)
    const [first, second] = [await race.scene.request(), await race.scene.request()]
    expect(await race.approval(first.id)).toMatchObject({ kind: 'done' })
    expect(await race.approval(second.id)).toEqual({ kind: 'slot_full' })
    expect(await race.engine.reads.booking(second.id)).toMatchObject({ status: 'PENDING' })
    expect(await race.end()).toEqual([])
  },
)

freshDatabaseTest(
  'approvals that wait for a doctor delay no other clinic, and are locked',
  async ({ database: its }) => {
    const url = its.appUrl
    const pools = [
      createPool({ url, max: batchConnectionsMax, name: 'batches', lockTimeoutMs: 100 }),
      createPool({ url, max: 1, name: 'general', connectTimeoutMs: 1_500 }),
    ] as const
    const engine = createEngine({ batchPool: pools[0], generalPool: pools[1], waitMsMax: 2_000 })
    const [scene, other] = [
      await aRequestScene(its, engine, undefined, { approval: 'not_holding' }),
      await aRequestScene(its, engine, undefined, { approval: 'not_holding' }),
    ]
    const ids: string[] = []
    for (let n = 0; n < 6; n += 1) ids.push((await scene.request(n * 20)).id)
    const elsewhere = await other.request()
    const lock = await lockDoctor(its, scene.doctor)
    const approving = ids.map((id) => engine.settle(approvalOf(id)))
    await until(async () => engine.queueDepths().approval.slow === ids.length, 'all approvals wait apart')
    expect(await engine.reads.booking(elsewhere.id)).toMatchObject({ status: 'PENDING' })
    expect(await engine.settle(approvalOf(elsewhere.id))).toMatchObject({ kind: 'done' })
    expect(new Set((await Promise.all(approving)).map(({ kind }) => kind))).toEqual(new Set(['locked']))
    await lock.release()
    expect(await engine.settle(approvalOf(ids[0] ?? ''))).toMatchObject({ kind: 'done' })
    expect(await faultsOf(its, engine)).toEqual([])
    await engine.stop()
    for (const pool of pools) await pool.close(1_000)
  },
)

freshDatabaseTest('approvals that would wait are found by their locks', async ({ database: its }) => {
  const race = await aRace(its)
  const [one, two] = [await race.scene.request(0), await race.scene.request(60)]
  const other = await aRequestScene(its, race.engine, race.scene.clinic, { approval: 'not_holding' })
  const requests = [one, two, await other.request()].map(({ id }) => approvalOf(id))
  const lockedWith = async (table: string, id: string) => {
    const lock = await holdLock(its.ownerPool, `select from holdfast.${table} where id = $1 for update`, [id])
    const locked = await findLockedApprovals(its.appPool, requests)
    await lock.release()
    return locked
  }
  expect(await lockedWith('resource', race.scene.doctor.id)).toEqual([true, true, false])
  expect(await lockedWith('slot', one.slotId)).toEqual([true, false, false])
  expect(await lockedWith('booking', two.id)).toEqual([false, true, false])
  // Another request for the time, which the approval ends.
  const rival = await race.scene.request(10)
  expect(await lockedWith('booking', rival.id)).toEqual([true, false, false])
  expect(await findLockedApprovals(its.appPool, requests)).toEqual([false, false, false])
  expect(await race.end()).toEqual([])
})

/** The pool, which loses its first connection after COMMIT. */
function losingCommit(pool: pg.Pool): pg.Pool {
  let hasLost = false
  const connect = async () => {
    const client = await pool.connect()
    if (hasLost) return client
    const query = async (statement: string) => {
      const result = await client.query(statement)
      if (statement !== 'commit') return result
      hasLost = true
      throw lostConnection()
    }
    return changed(client, 'query', query)
  }
  return changed(pool, 'connect', connect)
}

const changed = <Target extends object>(of: Target, name: string, by: unknown): Target =>
  new Proxy(of, { get: (target, key) => (key === name ? by : Reflect.get(target, key, target)) })

freshDatabaseTest('an approval whose result was lost is sent again, and made once', async ({ database: its }) => {
  const race = await aRace(its)
  const { id } = await race.scene.request()
  const approvals = approvalQueue(losingCommit(its.appPool), () => undefined, {})
  expect(await approvals.submit(approvalOf(id))).toMatchObject({
    kind: 'unchanged',
    booking: { status: 'CONFIRMED', units: 1, version: 3 },
  })
  await approvals.stop()
  expect(await race.end()).toEqual([])
})
