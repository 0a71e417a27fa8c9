import { createTestCluster, type DatabaseProxy, databaseProxy, type TestCluster } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isConnectionLost } from '../../database/database-unavailable.ts'
import { endIfHung } from './end-if-hung.ts'

const limits = { checkMs: 200, checks: 2 }

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

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: proxy.url })
  client.on('error', () => {})
  await client.connect()
  endIfHung(client, proxy.url, limits)
  return client
}

test('a statement of a server that hangs ends, and so does closing its connection', async () => {
  const [busy, idle] = [await connected(), await connected()]
  const statement = busy.query('select pg_sleep(600)').catch((error: unknown) => error)
  proxy.hang()
  const ended = idle.end()
  expect(isConnectionLost(await statement)).toBe(true)
  await ended
  await proxy.cut()
  await proxy.restore()
})

test('a statement that takes longer than the checks is completed', async () => {
  const client = await connected()
  const seconds = (3 * limits.checks * limits.checkMs) / 1_000
  const { rows } = await client.query(`select pg_sleep(${seconds})`)
  expect(rows).toHaveLength(1)
  await client.end()
})

test('a server that refuses new connections does not hang', async () => {
  const client = await connected()
  const { username } = new URL(cluster.ownerUrl)
  await cluster.ownerPool.query(`alter role ${username} connection limit 0`)
  const seconds = (3 * limits.checks * limits.checkMs) / 1_000
  const { rows } = await client.query(`select pg_sleep(${seconds})`)
  await cluster.ownerPool.query(`alter role ${username} connection limit -1`)
  expect(rows).toHaveLength(1)
  await client.end()
})
