import { createClinicLimiter, createEngine, createPool, type Engine } from '@holdfast/engine'
import {
  aClinic,
  aDoctor,
  aWaitlistEntry,
  holdLock,
  plantFunction,
  type TestDatabase,
  until,
  untilLockWaiters,
} from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { startRestApp } from '../../test/rest-app.ts'
import { limitLongReads } from './limit-long-reads.ts'

const connectionsMax = 4
const listsAtOnce = 30

/** Thirty lists of one clinic that take until `end`. */
async function manyLongLists(database: TestDatabase, limited: (engine: Engine) => Engine) {
  // The search takes as long as the test holds a lock.
  const part = 'with entry as materialized ('
  await plantFunction(database, 'booked_since', { part, becomes: `select pg_advisory_xact_lock_shared(1); ${part}` })
  const pool = createPool({ url: database.appUrl, max: connectionsMax, name: 'test of long reads' })
  const engine = limited(createEngine({ batchPool: pool, generalPool: pool }))
  const rest = await startRestApp({ appPool: pool, ownerPool: database.ownerPool }, { replaced: { engine } })
  const [clinic, other] = [await aClinic(database), await aClinic(database)]
  await aWaitlistEntry(database, await aDoctor(database, clinic))
  const as = await rest.aMember(clinic.no, 'staff')
  const asOther = await rest.aMember(other.no, 'staff')
  const lock = await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1)')
  const lists = Array.from({ length: listsAtOnce }, () =>
    rest.call('listWaitlistEntries', { path: { clinicId: clinic.id }, as }),
  )
  return {
    pool,
    /** Lists another clinic's entries. */
    listOther: () => rest.call('listWaitlistEntries', { path: { clinicId: other.id }, as: asOther }),
    /** Lets the searches end, and then stops, after `other`. */
    async end(other?: Promise<unknown>) {
      await lock.release()
      const statuses = (await Promise.all(lists)).map(({ status }) => status)
      await other
      await rest.stop()
      await pool.end()
      return statuses
    },
  }
}

const allServed = Array.from({ length: listsAtOnce }, () => 200)

freshDatabaseTest('while 30 lists of one clinic are searched, another clinic’s is answered', async ({ database }) => {
  const limit = createClinicLimiter({ atOnceMax: 1, waitingMax: listsAtOnce, waitMsMax: 60_000 })
  const { listOther, end } = await manyLongLists(database, (engine) =>
    limitLongReads(engine, { ofMembers: limit, ofPublic: limit }),
  )
  await untilLockWaiters(database, 1)
  expect((await listOther()).status).toBe(200)
  expect(await end()).toEqual(allServed)
})

freshDatabaseTest('negative control: without the limit, it waits until these lists are done', async ({ database }) => {
  const { pool, listOther, end } = await manyLongLists(database, (engine) => engine)
  await untilLockWaiters(database, connectionsMax)
  let isAnswered = false
  const waitingBefore = pool.waitingCount
  const other = listOther().then(({ status }) => {
    isAnswered = true
    return status
  })
  await until(async () => pool.waitingCount > waitingBefore, 'the request in the queue for a connection')
  expect(isAnswered).toBe(false)
  expect(await end(other)).toEqual(allServed)
  expect(await other).toBe(200)
})
