import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setDefaultCACertificates } from 'node:tls'
import { call, serverOn } from '@holdfast/server/test/running-server'
import { createTestDatabase, portToKeep, type TestDatabase } from '@holdfast/testkit'
import { type RedisServer, startRedisServer } from '@holdfast/testkit/redis-server'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { whyNoCluster } from '../cluster/programs.ts'
import { startNginx } from '../cluster/start-nginx.ts'

const reason = whyNoCluster(['nginx', 'openssl', 'setpriv', 'redis-server'])
if (reason !== null) console.warn(`Limits behind nginx are not tested here: ${reason}`)

const limit = 300
const sent = 450
const clients = 30

describe.runIf(reason === null)('three servers behind nginx', () => {
  let database: TestDatabase
  let redis: RedisServer

  beforeAll(async () => {
    database = await createTestDatabase()
    redis = await startRedisServer()
  })
  afterAll(async () => {
    await redis?.stop()
    await database?.drop()
  })

  /** How many of {@link sent} requests of one address get which status. */
  async function statusesWith(env: Record<string, string>): Promise<Record<number, number>> {
    const settings = {
      HOLDFAST_RATE_LIMIT: 'on',
      HOLDFAST_TRUSTED_PROXIES: '1',
      HOLDFAST_LIMIT_READS_PER_MINUTE: String(limit),
      HOLDFAST_REDIS_MS_MAX: '10000',
      ...env,
    }
    const servers = await Promise.all(Array.from({ length: 3 }, () => serverOn(database, settings)))
    onTestFinished(async () => {
      await Promise.all(servers.map((server) => server.stop()))
    })
    const directory = await mkdtemp(join(tmpdir(), 'hf-limits-'))
    await chmod(directory, 0o711)
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const ports = { http: await portToKeep(), https: await portToKeep() }
    const { certificate, nginx } = await startNginx(
      directory,
      ports,
      servers.map(({ url }) => url),
    )
    onTestFinished(() => nginx.process.end())
    setDefaultCACertificates([certificate])
    const statuses: Record<number, number> = {}
    const runClient = async () => {
      for (let n = 0; n < sent / clients; n += 1) {
        // nginx does not pass on what the client claims.
        const headers = { 'x-forwarded-for': `192.0.2.${n}` }
        const { status } = await call(`https://127.0.0.1:${ports.https}/api/v1/clinics`, { headers })
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: clients }, runClient))
    return statuses
  }

  test('admit exactly the limit of an address together', async () => {
    expect(await statusesWith({ REDIS_URL: redis.url })).toEqual({ 200: limit, 429: sent - limit })
  })

  test('the negative control: without Redis they admit more', async () => {
    expect(await statusesWith({})).toEqual({ 200: sent })
  })
})
