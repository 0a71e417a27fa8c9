// Nightly: a move of a clinic that is killed after each step
import { aClaim, holdLock, until, untilLockWaiters } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aScene, killConnections, killedAfter, test } from '../../test/moving-clinic.ts'
import type { MoveStep } from './move-clinic.ts'

test.for<MoveStep>(['noted', 'refused', 'delivered', 'copied', 'committed', 'switched', 'deleted'])(
  'killed after the step %s, it is continued by the same call',
  async (step, { database, north }) => {
    const scene = await aScene(database, north)
    const claim = aClaim(scene.slot, { confirm: true })
    expect((await scene.engines.directory.claim(claim)).kind).toBe('booked')
    await expect(scene.move(1, { afterStep: killedAfter(step, [database, north]) })).rejects.toThrow()
    const fences = await database.ownerPool.query(
      `select from pg_trigger where tgname = 'moving_clinic_${scene.clinicNo}'`,
    )
    expect(fences.rowCount === 0).toBe(step === 'noted')
    await scene.move(1)
    await scene.expectClean(true)
    const again = await scene.engines.north.claim(claim)
    expect(again).toMatchObject({ kind: 'booked', booking: { id: claim.bookingId } })
  },
)

test.for<MoveStep>(['noted', 'refused', 'delivered', 'copied'])(
  'killed after the step %s, it goes back on request, and changes are accepted again',
  async (step, { database, north }) => {
    const scene = await aScene(database, north)
    await expect(scene.move(1, { afterStep: killedAfter(step, [database, north]) })).rejects.toThrow()
    expect(await scene.move(0)).toBeNull()
    await scene.expectClean(false)
    expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
    expect(Object.values(await scene.rowsIn(north)).every((count) => count === 0)).toBe(true)
  },
)

test.for<MoveStep>(['committed', 'switched', 'deleted'])(
  'killed after the step %s, it cannot go back at once: it is continued, or moved back afterwards',
  async (step, { database, north }) => {
    const scene = await aScene(database, north)
    await expect(scene.move(1, { afterStep: killedAfter(step, [database, north]) })).rejects.toThrow()
    if (step === 'committed') {
      await expect(scene.move(0)).rejects.toThrow('the clinic is in north already: move it there, and then back')
      await scene.move(1)
    }
    expect(await scene.move(0)).toMatchObject({ from: 'north', to: 'directory' })
    await scene.expectClean(false)
    expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
  },
)

test.for<MoveStep>(['refused', 'committed', 'switched'])(
  'killed after the step %s, a rehearsal names the move, and changes nothing',
  async (step, { database, north }) => {
    const scene = await aScene(database, north)
    await expect(scene.move(1, { afterStep: killedAfter(step, [database, north]) })).rejects.toThrow()
    const state = async () => [await scene.place(), await scene.rowsIn(database), await scene.rowsIn(north)]
    const before = await state()
    for (const to of [0, 1]) await expect(scene.move(to, { dryRun: true })).rejects.toThrow('without --dry-run')
    expect(await state()).toEqual(before)
    await scene.move(1)
    await scene.expectClean(true)
  },
)

test('an interrupted move goes to no third database, and needs the second to go back', async ({ database, north }) => {
  const scene = await aScene(database, north)
  await expect(scene.move(1, { afterStep: killedAfter('copied', [database, north]) })).rejects.toThrow()
  const [directory, second] = scene.databases
  if (directory === undefined || second === undefined) throw new Error('There are two.')
  const databases = [directory, second, { ...second, no: 2, name: 'south' }]
  await expect(scene.move(2, { databases })).rejects.toThrow('being moved to north: continue that, or go back to')
  await expect(scene.move(0, { databases: [directory] })).rejects.toThrow('in the database 1, which HOLDFAST_SHARDS')
  expect(await scene.move(0)).toBeNull()
  await scene.expectClean(false)
})

test('a move whose target is lost before the commit goes back without reaching it', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const connections = (allowed: boolean) =>
    database.ownerPool.query(
      `alter database "${new URL(north.ownerUrl).pathname.slice(1)}" allow_connections ${allowed}`,
    )
  const loseTarget = async (step: MoveStep) => {
    if (step !== 'delivered') return
    await connections(false)
    await killConnections(north)
  }
  try {
    await expect(scene.move(1, { afterStep: loseTarget })).rejects.toThrow('the database north cannot be used')
    expect(await scene.place()).toEqual({ shard_no: 0, moving_to: null })
    expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
  } finally {
    await connections(true)
  }
  await scene.expectClean(false)
  await scene.move(1)
  await scene.expectClean(true)
})

test('what was written through a trigger that a former call has left is waited for', async ({ database, north }) => {
  const scene = await aScene(database, north)
  await expect(scene.move(1, { afterStep: killedAfter('delivered', [database, north]) })).rejects.toThrow()
  // The refusal of the killed call is over.
  await database.ownerPool.query(`update holdfast.moving_clinic set refused_until = now()`)
  const client = await database.appPool.connect()
  try {
    await client.query('begin')
    await client.query(`insert into holdfast.reminder_opt_out (clinic_no, recipient) values ($1, gen_random_uuid())`, [
      scene.clinicNo,
    ])
    const moved = scene.move(1)
    // It has found this transaction, and looks again whether it has ended.
    const waiting = `select from pg_stat_activity where datname = current_database() and query like '%pg_locks l%'
                        and application_name = 'holdfast move-clinic' and state = 'idle'`
    await until(
      async () => ((await database.ownerPool.query(waiting)).rowCount === 1 ? true : undefined),
      () => 'the wait for the transaction',
    )
    expect((await scene.rowsIn(north)).clinic).toBe(0)
    await client.query('commit')
    await moved
  } finally {
    client.release()
  }
  expect((await scene.rowsIn(north)).reminder_opt_out).toBeGreaterThan(0)
  await scene.expectClean(true)
})

test('while it drops its triggers, readers of other clinics wait only briefly', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const locked = Promise.withResolvers<number>()
  await scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'deleted') return
      const reading = await holdLock(database.ownerPool, 'lock table holdfast.booking in access share mode')
      const readsAfterDrop = async () => {
        await untilLockWaiters(database, 1)
        const beganMs = performance.now()
        await database.appPool.query('select from holdfast.booking limit 1')
        await reading.release()
        return performance.now() - beganMs
      }
      readsAfterDrop().then(locked.resolve, locked.reject)
    },
  })
  expect(await locked.promise).toBeLessThan(900)
  await scene.expectClean(true)
})
