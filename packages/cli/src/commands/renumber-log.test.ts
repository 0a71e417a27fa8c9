import { createPool } from '@holdfast/engine'
import { startServer } from '@holdfast/server/main'
import { startWorker } from '@holdfast/server/worker'
import { aBooking, aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { DATABASE_URL: database.ownerUrl, DATABASE_APP_URL: database.appUrl, PORT: '0', HOLDFAST_DEMO: 'off' }
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 9 })
  for (let n = 0; n < 3; n += 1) await aBooking(database, slot, { status: 'PENDING' })
  // A dump leaves the log like this on a server that has assigned fewer transaction numbers.
  await database.ownerPool.query(`update holdfast.booking_event
      set xid = (xid::text::bigint + 1000000000000)::text::xid8`)
})

afterAll(() => database.drop())

async function holdfast(...args: string[]) {
  const { code, out, err } = await runCaptured(args, env)
  return { code, text: [...out, ...err].join('\n') }
}

/** Ends sessions of the application, such as those of a server whose start was refused. */
const endOtherSessions = () =>
  database.ownerPool.query(`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = current_database() and pg_has_role(usesysid, 'holdfast_app', 'member')
       and usename <> current_user`)

test('start, worker and doctor name the command', async () => {
  const silent = () => undefined
  await expect(startServer({ env, say: silent })).rejects.toThrow('run `holdfast renumber-log`')
  await expect(startWorker({ env, say: silent })).rejects.toThrow('run `holdfast renumber-log`')
  const { code, text } = await holdfast('doctor')
  expect(code).toBe(1)
  expect(text).toMatch(/event log: was written by another server[\s\S]*holdfast renumber-log/)
})

test('it refuses while Holdfast is running', async () => {
  await endOtherSessions()
  const running = createPool({ url: database.appUrl, max: 1, name: 'holdfast general' })
  await running.query('select 1')
  const refused = await holdfast('renumber-log')
  expect(refused.code).toBe(1)
  expect(refused.text).toMatch(/is running on this database \(1 connection\): stop its servers/)
  await running.end()
})

test('it renumbers the log once, and then there is nothing to do', async () => {
  await endOtherSessions()
  expect(await holdfast('renumber-log')).toEqual({
    code: 0,
    text: 'Renumbered 3 events. Check them with `holdfast verify`, then start.',
  })
  expect((await holdfast('renumber-log')).text).toMatch('nothing to do')
  expect(JSON.parse((await holdfast('renumber-log', '--json')).text)).toEqual({ renumbered: 0 })
  expect((await holdfast('verify')).text).toMatch('Everything adds up.')
  expect((await holdfast('doctor')).text).toMatch(/ok +event log/)
  const server = await startServer({ env, say: () => undefined })
  await server.stop()
})
