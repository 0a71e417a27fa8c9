import { aBooking, aClinic, aDoctor, aSlot, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { createProbes } from '../edge/probes.ts'
import { watchHeldBack } from './watch-held-back.ts'

test('an open transaction that holds back the log is logged once, and is in /readyz', async ({ database }) => {
  const lines: [object, string][] = []
  let isStopping = false
  onTestFinished(() => {
    isStopping = true
  })
  const log = { warn: (fields: object, message: string) => void lines.push([fields, message]) }
  const watch = watchHeldBack([database.appPool], { log, isStopping: () => isStopping, everyMs: 20 })
  const { appPool } = database
  const probes = createProbes([{ name: null, pools: { probes: appPool, figures: appPool, ping: appPool } }], {
    isStopping: () => false,
    log,
    heldBack: watch.latest,
  })
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  expect(await probes.readiness()).toMatchObject({ status: 'ready', details: { logHeldBack: null } })

  const client = await database.ownerPool.connect()
  await client.query('begin')
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid, pg_current_xact_id()')
  await aBooking(database, slot, { createdAt: new Date(Date.now() - 60_000) })
  const found = await until(async () => watch.latest() ?? undefined, 'what holds back the log')
  expect(found).toMatchObject({ pid: rows[0]?.pid })
  // It can still serve requests.
  const readiness = await probes.readiness()
  expect(readiness).toMatchObject({ status: 'ready', details: { logHeldBack: { pid: rows[0]?.pid } } })
  expect((await probes.databaseFigures()).shards[0]?.load?.eventTailLagSeconds).toBeGreaterThan(59)
  // The session is of psql and the like, by its name.
  expect(watch.by()).toBe('other')

  await client.query('rollback')
  client.release()
  await until(async () => watch.latest() === null, 'an end of it')
  expect(watch.by()).toBeNull()
  expect(lines).toEqual([
    [
      expect.objectContaining({ session: expect.objectContaining({ pid: rows[0]?.pid }) }),
      expect.stringContaining('holds back live places'),
    ],
  ])
})
