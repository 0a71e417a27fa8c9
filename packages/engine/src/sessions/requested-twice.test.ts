import { randomUUID } from 'node:crypto'
import { aTimeClaim, holdLock, lapseHolds, plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { ada, aRequestScene } from '../../test/requests.ts'
import { runSettleBatch } from '../bookings/settle-batch.ts'
import { createEngine } from '../create-engine.ts'
import type { Patient } from '../model/booking.ts'

async function aScene(database: TestDatabase, capacity = 1) {
  const engine = engineOf(database)
  const scene = await aRequestScene(database, engine, undefined, { approval: 'not_holding', capacity })
  const { session, type, change } = scene
  /** The outcome of a request at this minute. */
  const ask = async (patient: Patient, { minute = 0, accountId = null as string | null } = {}) => {
    const claimed = await engine.claimTime(aTimeClaim(session, type, minute, { patient, accountId }))
    if (claimed.kind !== 'booked') return claimed
    const asked = await change(claimed.booking.id, 'confirm', false)
    // As the server does.
    if (asked.kind !== 'done') await change(claimed.booking.id, 'decline', false)
    return asked
  }
  return { ...scene, engine, ask }
}

const refused = { kind: 'already_requested' }
const asked = { kind: 'done', booking: { units: 0 } }

test('an account or contact asks once for a time, by whatever name', async ({ database }) => {
  const { ask } = await aScene(database)
  const phone = '+49 171 2345678'
  expect(await ask({ name: 'Ada', email: 'ada@example.org', phone })).toMatchObject(asked)
  expect(await ask({ name: 'Eve', email: 'ADA@example.org' })).toMatchObject(refused)
  expect(await ask({ name: 'Eve', email: 'eve@example.org', phone: '0171 2345678' })).toMatchObject(refused)
  const accountId = randomUUID()
  expect(await ask({ name: 'Grace' }, { accountId })).toMatchObject(asked)
  expect(await ask({ name: 'Grace', email: 'grace@example.org' }, { accountId })).toMatchObject(refused)
  // The controls: others, another time, and people of whom no contact is known.
  expect(await ask({ name: 'Ada', email: 'other@example.org' })).toMatchObject(asked)
  expect(await ask(ada, { minute: 30 })).toMatchObject(asked)
  expect(await ask({ name: 'Nobody' })).toMatchObject(asked)
  expect(await ask({ name: 'Nobody' })).toMatchObject(asked)
})

test('whose request is over asks again', async ({ database }) => {
  const { ask, change, clinic } = await aScene(database)
  const ends = [
    (id: string) => change(id, 'decline', true),
    (id: string) => change(id, 'cancel', false),
    (_id: string, slotId: string) => lapseHolds(database, { clinicNo: clinic.no, id: slotId }),
  ]
  for (const end of ends) {
    const made = await ask(ada)
    if (made.kind !== 'done') throw new Error(made.kind)
    expect(await ask(ada)).toMatchObject(refused)
    await end(made.booking.id, made.booking.slotId)
  }
  expect(await ask(ada)).toMatchObject(asked)
})

test('a request that is sent again is the same one', async ({ database }) => {
  const { ask, change } = await aScene(database)
  const made = await ask(ada)
  if (made.kind !== 'done') throw new Error(made.kind)
  expect(await change(made.booking.id, 'confirm', false)).toMatchObject({ kind: 'unchanged' })
})

/** The outcomes of two requests of one contact for places of one group, in one batch or on two servers. */
async function atOnce(database: TestDatabase, isOnTwo: boolean) {
  const { engine, hold, change, type } = await aScene(database, 3)
  const [one, two] = [await hold(0, type), await hold(0, type)]
  expect(one.slotId).toBe(two.slotId)
  const other = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  onTestFinished(() => other.stop())
  const lock = await holdLock(database.ownerPool, 'select from holdfast.slot where id = $1 for update', [one.slotId])
  const asking = [change(one.id, 'confirm', false), change(two.id, 'confirm', false, isOnTwo ? other : engine)]
  await untilLockWaiters(database, isOnTwo ? 2 : 1)
  await lock.release()
  return (await Promise.all(asking)).map(({ kind }) => kind).toSorted()
}

test('of two requests at once, one is refused', async ({ database }) => {
  expect(await atOnce(database, false)).toEqual(['already_requested', 'done'])
  expect(await atOnce(database, true)).toEqual(['already_requested', 'done'])
})

freshDatabaseTest('control: judged together, two of one batch are made', async ({ database }) => {
  await plantFunction(database, 'settle_bookings', { part: 't.first_asked <> t.n', becomes: 'false' })
  expect(await atOnce(database, false)).toEqual(['done', 'done'])
})

/**
 * The outcomes of two requests of one contact for places of one group: of one in an open transaction, and of one that
 * comes meanwhile.
 */
async function duringAnother(database: TestDatabase, units: number, waits = true) {
  const { engine, hold, change, type } = await aScene(database, 4)
  const [one, two] = [await hold(0, type, units), await hold(0, type, units)]
  expect(one.slotId).toBe(two.slotId)
  const first = await database.appPool.connect()
  try {
    await first.query('begin')
    const asks = { action: 'confirm', actorId: null, onBehalf: false, key: null, reason: null, mayFree: true } as const
    const [made] = await runSettleBatch(first, [{ bookingId: one.id, ...asks }])
    const second = change(two.id, 'confirm', false, engine)
    await (waits ? untilLockWaiters(database, 1) : second)
    await first.query('commit')
    return [made?.kind === 'completed' && made.outcome.kind, (await second).kind]
  } finally {
    first.release(true)
  }
}

test.for([1, 2])('a request for %i places waits for another one of its contact', async (units, { database }) => {
  expect(await duringAnother(database, units)).toEqual(['done', 'already_requested'])
})

freshDatabaseTest('control: judged without the lock of the slot, both are made', async ({ database }) => {
  await plantFunction(database, 'settle_bookings', { part: 'or q.asks as needs_slot', becomes: 'as needs_slot' })
  expect(await duringAnother(database, 1)).toEqual(['done', 'done'])
  expect(await duringAnother(database, 2, false)).toEqual(['done', 'done'])
})
