import { createTestCluster, type DatabaseProxy, databaseProxy, type TestCluster } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isConnectionLost } from '../../database/database-unavailable.ts'
import { endIfHung, type HungLimits, hasNoAnswer } from './end-if-hung.ts'

const limits = { checkMs: 200, checks: 2 }
/** On a busy machine, logging in may take longer than a check a few times in turn. */
const patientLimits = { checkMs: 200, checks: 10 }
const longSeconds = (1.5 * patientLimits.checks * patientLimits.checkMs) / 1_000

let cluster: TestCluster
let proxy: DatabaseProxy
beforeAll(async () => {
  cluster = await createTestCluster()
  proxy = await databaseProxy(cluster.ownerUrl)
})
afterAll(async () => {
  await proxy.end()
  await cluster.end()
})

async function connected(limits: HungLimits): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: proxy.url })
  client.on('error', () => {})
  await client.connect()
  endIfHung(client, proxy.url, limits)
  return client
}

test('a statement of a server that hangs ends, and so does closing its connection', async () => {
  const [busy, idle] = [await connected(limits), await connected(limits)]
  const statement = busy.query('select pg_sleep(600)').catch((error: unknown) => error)
  proxy.hang()
  const ended = idle.end()
  expect(isConnectionLost(await statement)).toBe(true)
  await ended
  await proxy.cut()
  await proxy.restore()
})

test('a statement that takes longer than the checks is completed', async () => {
  const client = await connected(patientLimits)
  const { rows } = await client.query(`select pg_sleep(${longSeconds})`)
  expect(rows).toHaveLength(1)
  await client.end()
})

test('a server that refuses new connections does not hang', async () => {
  const client = await connected(patientLimits)
  const { username } = new URL(cluster.ownerUrl)
  await cluster.ownerPool.query(`alter role ${username} connection limit 0`)
  const { rows } = await client.query(`select pg_sleep(${longSeconds})`)
  await cluster.ownerPool.query(`alter role ${username} connection limit -1`)
  expect(rows).toHaveLength(1)
  await client.end()
})

const failed = (code: string) => Object.assign(new Error(`connect ${code} 203.0.113.1:5432`), { code })

test.for([
  [[failed('ENETUNREACH'), failed('EHOSTUNREACH')], true],
  [[failed('ENETUNREACH'), failed('ETIMEDOUT')], false],
  [[failed('ENETUNREACH'), failed('ECONNREFUSED')], false],
  [[], false],
] as const)('of the addresses of a host name, none can be reached: %o, %s', ([errors, isUnanswered]) => {
  expect(hasNoAnswer(new AggregateError(errors))).toBe(isUnanswered)
})
