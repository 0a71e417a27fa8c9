// Guarantee: finding out what working hours would change holds back the log of no clinic, and ends.
import { aClinic, aDoctor, holdLock, plantFunction, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { aBand, hoursOf } from '../../test/working-hours.ts'
import { inTransaction } from '../database/pools.ts'
import { previewOf } from './preview-of.ts'
import { replaceHours } from './replace-hours.ts'

/** Hours whose plan takes until the lock is released. */
async function aLongPlan(database: TestDatabase) {
  const part = 'with times as materialized ('
  const becomes = `select pg_advisory_xact_lock_shared(1); ${part}`
  await plantFunction(database, 'working_hours_plan', { part, becomes })
  const hours = hoursOf(await aDoctor(database, await aClinic(database)), [aBand()])
  return { hours, lock: await holdLock(database.ownerPool, 'select pg_advisory_xact_lock(1)') }
}

/** How many other transactions of the database have an id: the log is read up to the oldest of them. */
async function transactionsWithId({ ownerPool }: TestDatabase): Promise<number> {
  const { rows } = await ownerPool.query<{ count: number }>(`select count(*)::integer as count from pg_stat_activity
      where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()`)
  return rows[0]?.count ?? 0
}

databaseTest('while a preview, or that of a change, is planned, no transaction has an id', async ({ database }) => {
  const engine = engineOf(database)
  const { hours, lock } = await aLongPlan(database)
  const running = [engine.workingHours.preview(hours), engine.workingHours.set(hours)]
  await untilLockWaiters(database, running.length)
  expect(await transactionsWithId(database)).toBe(0)
  await lock.release()
  expect((await Promise.all(running)).map(({ kind }) => kind)).toEqual(['preview', 'done'])
  // The control: who has written hours has an id.
  await inTransaction(database.appPool, async (transaction) => {
    await replaceHours(transaction, hours)
    expect(await transactionsWithId(database)).toBe(1)
  })
})

databaseTest('a preview that takes too long is given up, by the database too', async ({ database }) => {
  const { hours, lock } = await aLongPlan(database)
  expect(await previewOf(database.appPool, hours, 20)).toBeNull()
  await lock.releaseOnce(0)
  expect(await previewOf(database.appPool, hours, 60_000)).toMatchObject({ creates: { slots: 0 } })
})
