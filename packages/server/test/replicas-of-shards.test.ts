// Drill: an installation with replicas of shards
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCluster, type DatabaseProxy, databaseProxy, type TestCluster, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from './running-server.ts'
import { type Scene, type ShardedServer, sceneOf, serverOfShards } from './server-of-shards.ts'

let clusters: TestCluster[] = []
let proxy: DatabaseProxy
let files: string
let server: ShardedServer
let scene: Scene

beforeAll(async () => {
  const [directory, north] = [await createTestCluster(), await createTestCluster()]
  const [ofDirectory, ofNorth] = [await directory.standby(), await north.standby()]
  clusters = [ofDirectory, ofNorth, directory, north]
  files = await mkdtemp(join(tmpdir(), 'holdfast-replicas-of-shards-'))
  const HOLDFAST_SHARDS_FILE = join(files, 'shards.json')
  const settings = { DATABASE_URL: north.ownerUrl, DATABASE_REPLICA_URLS: ofNorth.appUrl }
  await writeFile(HOLDFAST_SHARDS_FILE, JSON.stringify({ north: settings }), { mode: 0o600 })
  proxy = await databaseProxy(directory.ownerUrl)
  const installation = { ownerPool: directory.ownerPool, shards: [{ name: 'directory', proxy }] }
  server = await serverOfShards(installation, {
    HOLDFAST_SHARDS: '',
    HOLDFAST_SHARDS_FILE,
    DATABASE_REPLICA_URLS: ofDirectory.appUrl,
    HOLDFAST_METRICS_TOKEN: 'a-token-of-the-tests',
  })
  scene = await sceneOf(server.url, { ownerPool: directory.ownerPool, shards: [] })
})

afterAll(async () => {
  await server?.stop()
  await proxy?.end()
  for (const cluster of clusters) await cluster.end()
  await rm(files, { recursive: true })
})

/** How many reads each node has served that a replica may serve. */
async function served(): Promise<Record<string, number>> {
  const { text } = await call(`${server.url}/metrics`, { bearer: 'a-token-of-the-tests' })
  const found = text.matchAll(/^holdfast_replica_reads_total\{node="([^"]*)"[^}]*\} (\S+)$/gm)
  return Object.fromEntries(Array.from(found, ([, node = '', count]) => [node, Number(count)]))
}

async function aBookedClinic(isInNorth: boolean): Promise<string> {
  for (;;) {
    const clinicId = await scene.aClinic()
    if (((await scene.shardOfId(clinicId)) === 0) === isInNorth) continue
    const { slots } = await scene.slotsOf(await scene.aDoctor(clinicId))
    await scene.api('POST', '/bookings', { slotId: slots[0]?.id, patient: { name: 'Patient' }, confirm: true })
    return clinicId
  }
}

async function listed(path: string): Promise<number> {
  return ((await scene.api('GET', path)).body.items as unknown[]).length
}

test('the replicas of a database serve the lists of its clinics, and no list over all clinics', async () => {
  const from = new Date().toISOString().slice(0, 10)
  const to = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)
  for (const shard of ['north', 'directory']) {
    const clinicId = await aBookedClinic(shard === 'north')
    const byReplica = async () =>
      Object.entries(await served()).find(([node]) => node.startsWith(shard) && !node.endsWith(' primary'))?.[1] ?? 0
    const before = await byReplica()
    await until(async () => {
      expect(await listed(`/clinics/${clinicId}/bookings?from=${from}&to=${to}`)).toBe(1)
      return (await byReplica()) > before
    }, `a list of the replica of ${shard}`)
  }
  const before = await served()
  expect(await listed('/me/bookings')).toBe(2)
  expect(await served()).toEqual(before)
})
