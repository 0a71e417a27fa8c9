import { Writable } from 'node:stream'
import { clinicNoIn, inShard } from '@holdfast/engine'
import { dropForeignKeysToOwnRows } from '@holdfast/engine/drop-foreign-keys'
import { type Shard, shardOf } from '@holdfast/engine/shards'
import { tablesOfKind } from '@holdfast/engine/table-kinds'
import { writeShardSchema } from '@holdfast/engine/write-shard-schema'
import { createTestDatabase, type DatabaseProxy, databaseProxy, type TestDatabase } from '@holdfast/testkit'
import { openDatabase } from '../src/compose/database/open-database.ts'
import { prepareDatabase } from '../src/compose/database/prepare-database.ts'
import { awayNodes } from '../src/compose/placement/away-nodes.ts'
import type { ShardCatalogue } from '../src/compose/placement/shard-catalogue.ts'
import { startServing } from '../src/compose/start-serving.ts'
import { migrateJobs } from '../src/jobs/jobs-schema.ts'
import { settingsAtStart } from '../src/lifecycle/settings-at-start.ts'
import { createLogger } from '../src/observe/logger.ts'
import { type ApiResponse, call, settingsFor, signIn } from './running-server.ts'

/**
 * A plain database with the schemas of several shards: each has the rows of the clinics whose hash is in its range, and
 * refuses others, as on Citus. The database itself is the coordinator.
 */
export type ShardedDatabase = TestDatabase & {
  shards: Shard[]
  /** In front of the database, one for each shard. */
  proxies: DatabaseProxy[]
  /** Where the servers find the shards from now on. */
  move(index: number, to: DatabaseProxy): void
  /** The shards, as a server reads them again and again. */
  readShards(): Promise<Shard[]>
}

const firstShardId = 102_008
const hashes = 2 ** 32

export async function shardedDatabase(count = 2): Promise<ShardedDatabase> {
  const database = await createTestDatabase()
  const { ownerUrl, sessionUrl, ownerPool } = database
  await dropForeignKeysToOwnRows(ownerPool)
  const proxies: DatabaseProxy[] = []
  const shards: Shard[] = []
  for (let index = 0; index < count; index += 1) {
    const proxy = await databaseProxy(sessionUrl)
    const bound = (at: number) => Math.floor((hashes * at) / count) - hashes / 2
    const shard = {
      schema: `holdfast_${firstShardId + index}`,
      shardId: firstShardId + index,
      hashMin: bound(index),
      hashMax: bound(index + 1) - 1,
      ...serverOf(proxy),
      database: database.name,
    }
    await writeShardSchema({ ownerUrl, schema: shard.schema })
    await narrowViews(database, shard)
    await migrateJobs(inShard(ownerUrl, shard.schema))
    proxies.push(proxy)
    shards.push(shard)
  }
  let now = shards
  return {
    ...database,
    shards,
    proxies,
    move(index, to) {
      now = now.with(index, { ...(now[index] as Shard), ...serverOf(to) })
    },
    readShards: async () => now,
    async drop() {
      for (const proxy of proxies) await proxy.end()
      await database.drop()
    },
  }
}

function serverOf(proxy: DatabaseProxy): Pick<Shard, 'host' | 'port'> {
  const { hostname: host, port } = new URL(proxy.url)
  return { host, port: Number(port) }
}

/** Lets the views of a shard have the rows of its clinics alone. */
async function narrowViews({ ownerPool }: TestDatabase, { schema, hashMin, hashMax }: Shard): Promise<void> {
  for (const table of tablesOfKind('distributed')) {
    const column = table === 'clinic' ? 'no' : 'clinic_no'
    await ownerPool.query(
      `create or replace view ${schema}.${table} as select * from holdfast.${table}
        where hashint4(${column}) between ${hashMin} and ${hashMax} with check option`,
    )
  }
}

export type ShardedServer = {
  url: string
  logText(): string
  stop(): Promise<void>
}

type ServerOptions = {
  /** As they are at the start. */
  shards?: Shard[]
  write?: ShardCatalogue['write']
}

/** A server of all the shards. Without limits and jobs, unless `env` sets them. */
export async function serverOfShards(
  database: ShardedDatabase,
  env: Record<string, string> = {},
  { shards = database.shards, write = async () => new Map() }: ServerOptions = {},
): Promise<ShardedServer> {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLogger('debug', stream)
  const { ownerUrl, sessionUrl } = database
  const settings = { ...settingsFor({ ownerUrl, appUrl: sessionUrl }), ...env }
  const config = settingsAtStart(settings, () => undefined)
  const catalogue = {
    read: database.readShards,
    away: async (owner: string) => awayNodes(owner, await database.readShards(), 2_000),
    write,
    dropFormer: async () => undefined,
  }
  const { url, stop } = await startServing({
    config,
    env: settings,
    log,
    say: () => undefined,
    database: {
      ...(await openDatabase(config, { share: false })),
      prepare: async () => ({ ...(await prepareDatabase(config, ownerUrl)), shards, catalogue }),
    },
  })
  return { url, stop, logText: () => lines.join('') }
}

export type Scene = Awaited<ReturnType<typeof sceneOf>>

/** What a test does as the site's administrator, by HTTP. */
export async function sceneOf(url: string, { shards }: Pick<ShardedDatabase, 'shards'>) {
  const admin = await signIn(url)
  const api = async (method: string, path: string, body?: unknown, bearer = admin): Promise<ApiResponse> => {
    const response = await call(`${url}/api/v1${path}`, { method, bearer, ...(body === undefined ? {} : { body }) })
    if (response.status >= 300) throw new Error(`${method} ${path} returned ${response.status}: ${response.text}`)
    return response
  }
  const shardOfId = (id: string) => shards.indexOf(shardOf(shards, clinicNoIn(id) ?? Number.NaN))
  const aClinic = async (name = 'Clinic') => String((await api('POST', '/clinics', { name, timezone: 'UTC' })).body.id)
  const created = shards.map((): string[] => [])
  return {
    admin,
    api,
    shardOfId,
    aClinic,
    /** A new clinic in a shard: its number decides, so that some are created in others. */
    async aClinicIn(index: number): Promise<string> {
      for (;;) {
        const id = created[index]?.pop()
        if (id !== undefined) return id
        const other = await aClinic()
        created[shardOfId(other)]?.push(other)
      }
    },
    async aDoctor(clinicId: string, { name = 'Dr. One', specialization = 'Cardiology' } = {}) {
      return String((await api('POST', '/doctors', { clinicId, name, specialization })).body.id)
    },
    /** Slots of two places, one after the other, on one day. */
    async slotsOf(doctorId: string, count = 3) {
      const starts = Date.UTC(2000, 0, 1, 9) % 86_400_000
      const day = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)
      const at = (index: number) => new Date(Date.parse(day) + starts + index * 1_800_000).toISOString()
      const slots = Array.from({ length: count }, (_, index) => ({
        startsAt: at(index),
        endsAt: at(index + 1),
        capacity: 2,
      }))
      const { headers } = await api('POST', `/doctors/${doctorId}/slots`, { slots })
      const listPath = `/doctors/${doctorId}/slots?from=${day}&to=${day}`
      const { body } = await call(`${url}/api/v1${listPath}`, {
        headers: { 'holdfast-position': headers.get('holdfast-position') ?? '' },
      })
      const items = body.items as { id: string; available: number }[]
      return { day, listPath, slots: items }
    },
  }
}
