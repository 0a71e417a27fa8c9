import { createEngine, type Engine } from '@holdfast/engine'
import { aClinic, aDoctor, aSession, aVisitType, type TestDatabase } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect, onTestFinished, vi } from 'vitest'
import { type CallOptions, startRestApp } from '../../../test/rest-app.ts'
import { ResponseCache } from '../../cache/response-cache.ts'
import { DatabaseBreaker } from '../../lifecycle/database-breaker.ts'

/** A practice with an hour in which visits can begin; its times are read `reads.times` times from the database. */
async function aPractice(database: TestDatabase) {
  const { appPool } = database
  const ofDatabase: Engine = createEngine({ batchPool: appPool, generalPool: appPool })
  const times = vi.fn(ofDatabase.sessions.times)
  const engine = { ...ofDatabase, sessions: { ...ofDatabase.sessions, times } }
  const cache = new ResponseCache({ bytesMax: 1_000_000 })
  cache.trust(true)
  const tail = { horizon: 0n, epoch: 1, transactionAt: () => 0n }
  const rest = await startRestApp(database, {
    replaced: { engine, freshness: { cache, breaker: new DatabaseBreaker(), tail } },
  })
  onTestFinished(() => rest.stop())
  const clinic = await aClinic(database, { timezone: 'Europe/Berlin' })
  const doctor = await aDoctor(database, clinic)
  const { startsAt } = await aSession(database, doctor, { minutes: 60, gridMinutes: 15 })
  const type = await aVisitType(database, clinic, { minutes: 15 })
  const day = startsAt.toISOString().slice(0, 10)
  const query = { visitTypeId: type.id, from: day, to: day }
  return {
    rest,
    cache,
    times,
    clinic,
    lists: (options: Omit<CallOptions, 'path' | 'query'> & { onBehalf?: boolean } = {}) => {
      const { onBehalf = false, ...more } = options
      return [
        rest.call('listTimes', { ...more, path: { doctorId: doctor.id }, query: { ...query, onBehalf } }),
        rest.call('listClinicTimes', { ...more, path: { clinicId: clinic.id }, query: { ...query, onBehalf } }),
      ] as const
    },
  }
}

databaseTest('people without an account who read the same times at once cost one read', async ({ database }) => {
  const { lists, times, cache, clinic } = await aPractice(database)
  const all = await Promise.all(Array.from({ length: 20 }, () => lists()).flat())
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
  expect(all.map(({ body }) => body.items.length)).toEqual(Array.from({ length: 40 }, () => 4))
  expect(times).toHaveBeenCalledTimes(2)
  expect(new Set(all.map(({ headers }) => headers['cache-control']))).toEqual(new Set(['no-cache']))
  // The control: what changes the clinic outdates both.
  cache.drop([{ tag: `clinic:${clinic.no}` }])
  await Promise.all(lists())
  expect(times).toHaveBeenCalledTimes(4)
})

databaseTest('who has an account reads their own times, which are not stored', async ({ database }) => {
  const { lists, times, rest, clinic } = await aPractice(database)
  const staff = await rest.aMember(clinic.no, 'staff')
  for (const options of [{ as: rest.anAccount() }, { as: staff }, { as: staff, onBehalf: true }]) {
    times.mockClear()
    for (const { status, headers, body } of await Promise.all([...lists(options), ...lists(options)])) {
      expect([status, headers['cache-control'], body.items.length]).toEqual([200, 'no-store', 4])
    }
    expect(times).toHaveBeenCalledTimes(4)
  }
})
