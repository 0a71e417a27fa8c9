// Nightly: each database that is lost after a move
import { aClaim, holdLock, untilLockWaiters } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aScene, killConnections, test } from '../../test/moving-clinic.ts'

/** What a person reads whose command has lost a database. */
const lost = (name: string, why = 'terminating connection due to administrator command') =>
  `the database ${name} cannot be used: ${why}. When it can, run the same command again`

test.for(['directory', 'north'] as const)(
  'a move that loses %s before the copy names it, has gone back if it could, and is repeated',
  async (name, { database, north }) => {
    const scene = await aScene(database, north)
    const killed = name === 'north' ? north : database
    const move = scene.move(1, {
      afterStep: async (step) => (step === 'delivered' ? killConnections(killed) : undefined),
    })
    await expect(move).rejects.toThrow(lost(name))
    if (name === 'north') await scene.expectClean(false)
    await scene.move(1)
    await scene.expectClean(true)
  },
)

test.for(['directory', 'north'] as const)(
  'a move that loses %s in the middle of the copy names it, and is repeated',
  async (name, { database, north }) => {
    const scene = await aScene(database, north)
    const lock = await holdLock(north.ownerPool, 'lock table holdfast.slot in access exclusive mode')
    const moved = scene.move(1).catch((error: Error) => error.message)
    await untilLockWaiters(north, 1)
    await killConnections(name === 'north' ? north : database)
    await lock.release()
    expect(await moved).toContain(lost(name))
    await scene.move(1)
    await scene.expectClean(true)
  },
)

test('a move to a database that does not respond names it', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const [directory, there] = scene.databases
  if (directory === undefined || there === undefined) throw new Error('There are two.')
  const away = { ...there, url: 'postgres://nobody@127.0.0.1:1/holdfast' }
  await expect(scene.move(1, { databases: [directory, away] })).rejects.toThrow(
    /database north .* ECONNREFUSED .*again/,
  )
  await scene.expectClean(false)
})

test.for(['directory', 'north'] as const)('a choice that loses %s names it', async (name, { database, north }) => {
  const scene = await aScene(database, north)
  const planted = `insert into holdfast.clinic (no, id, name, timezone) values ($1, $2, 'Stale', 'UTC')`
  await north.ownerPool.query(planted, [scene.clinicNo, scene.clinicId])
  const killed = name === 'north' ? north : database
  const choice = scene.choose(0, {
    afterStep: async (step) => (step === 'noted' ? killConnections(killed) : undefined),
  })
  await expect(choice).rejects.toThrow(lost(name))
  await scene.choose(0)
  await scene.expectClean(false)
  expect((await scene.engines.directory.claim(aClaim(scene.slot))).kind).toBe('booked')
})
