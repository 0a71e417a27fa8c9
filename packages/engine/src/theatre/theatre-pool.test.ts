import { holdLock, type TestDatabase, until, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { aCase, aTheatre, soonAt } from '../../test/theatre.ts'
import { createEngine } from '../create-engine.ts'
import { createPool } from '../database/pools.ts'

const connections = 2

function poolOf(database: TestDatabase, name: string) {
  const pool = createPool({ url: database.appUrl, max: connections, name, lockTimeoutMs: 60_000 })
  onTestFinished(() => pool.close(1_000))
  return pool
}

/** A clinic whose surgeon is locked by another program, with more claims of cases than a pool has connections. */
async function aLockedSurgeon(database: TestDatabase, hasTheatrePool: boolean) {
  const general = poolOf(database, 'general')
  const theatre = hasTheatrePool ? poolOf(database, 'theatre') : general
  const engine = createEngine({
    batchPool: database.appPool,
    generalPool: general,
    theatrePool: theatre,
    clinicCasesMax: hasTheatrePool ? 1 : connections,
  })
  const [locked, other] = [await aTheatre(database), await aTheatre(database)]
  const lock = await holdLock(database.ownerPool, 'select from holdfast.resource where id = $1 for update', [
    locked.surgeon.id,
  ])
  const claims = [9, 11, 13, 15].map((hour) =>
    engine.theatre.claimCase(aCase(locked, { startsAt: soonAt(hour), confirm: true })),
  )
  await untilLockWaiters(database, hasTheatrePool ? 1 : connections)
  return { engine, general, other, claims, lock }
}

test('a locked surgeon delays no read and no case of another clinic', async ({ database }) => {
  const { engine, other, claims, lock } = await aLockedSurgeon(database, true)
  const booked = await engine.theatre.claimCase(aCase(other, { confirm: true }))
  expect(booked).toMatchObject({ kind: 'booked' })
  const range = { clinicNo: other.clinic.no, from: soonAt(0), to: soonAt(24), withEnded: false }
  expect(await engine.theatre.cases(range)).toHaveLength(1)
  expect(await engine.directory.clinic(other.clinic.id)).not.toBeNull()
  await lock.release()
  expect(await Promise.all(claims)).toMatchObject(claims.map(() => ({ kind: 'booked' })))
})

test('negative control: over the shared pool, the read of another clinic waits', async ({ database }) => {
  const { engine, general, other, claims, lock } = await aLockedSurgeon(database, false)
  let isRead = false
  const reading = engine.directory.clinic(other.clinic.id).then(() => {
    isRead = true
  })
  await until(async () => general.waitingCount > 0, 'the read waits for a connection')
  expect(isRead).toBe(false)
  await lock.release()
  await reading
  expect(await Promise.all(claims)).toMatchObject(claims.map(() => ({ kind: 'booked' })))
})
