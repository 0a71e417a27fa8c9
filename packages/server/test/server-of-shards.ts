import { Writable } from 'node:stream'
import { clinicNoIn, type MoveEnd, registeredEnds } from '@holdfast/engine'
import {
  aClinic as builtClinic,
  createTestDatabase,
  type DatabaseProxy,
  databaseProxy,
  type TestDatabase,
  until,
} from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { openDatabase } from '../src/compose/database/open-database.ts'
import { startServing } from '../src/compose/start-serving.ts'
import { settingsAtStart } from '../src/lifecycle/settings-at-start.ts'
import { createLogger } from '../src/observe/logger.ts'
import { type ApiResponse, call, settingsFor, signIn } from './running-server.ts'

/** One of several databases. `proxy` is what servers connect to. `no`: its number in the installation. */
export type ShardDatabase = { no: number; name: string; database: TestDatabase; proxy: DatabaseProxy }

/** The databases of an installation. It is its directory, and `shards` are all of them, the directory first. */
export type ShardedDatabase = TestDatabase & {
  shards: ShardDatabase[]
  /** The databases between which clinics are moved. A server has registered them. */
  ends(): Promise<MoveEnd[]>
  /** The databases that have a clinic. */
  withClinic(clinicId: string): Promise<ShardDatabase[]>
}

export async function shardedDatabase(count = 2): Promise<ShardedDatabase> {
  const shards: ShardDatabase[] = []
  for (let no = 0; no < count; no += 1) {
    const database = await createTestDatabase()
    shards.push({
      no,
      name: no === 0 ? 'directory' : `shard-${no}`,
      database,
      proxy: await databaseProxy(database.ownerUrl),
    })
  }
  const [directory] = shards
  if (directory === undefined) throw new Error('There is no database.')
  return {
    ...directory.database,
    shards,
    ends() {
      const [first, ...others] = shards.map(({ name, database: { ownerUrl } }) => ({ name, url: ownerUrl }))
      return registeredEnds(directory.database.ownerPool, first ?? { name: '', url: '' }, others)
    },
    async withClinic(clinicId) {
      const found = await Promise.all(
        shards.map(({ database }) => database.ownerPool.query('select from holdfast.clinic where id = $1', [clinicId])),
      )
      return shards.filter((_, index) => found[index]?.rowCount === 1)
    },
    async drop() {
      for (const { proxy, database } of shards) {
        await proxy.end()
        await database.drop()
      }
    },
  }
}

/** What servers need of the databases of an installation, and what a test does there. */
type Installation = Pick<TestDatabase, 'ownerPool'> & { shards: Pick<ShardDatabase, 'name' | 'proxy'>[] }

export type ShardedServer = {
  url: string
  logText(): string
  stop(): Promise<void>
}

/** The settings of a server or worker of all the databases. It has no limits and jobs, unless `env` sets them. */
export function settingsOfShards(
  { shards: [directory, ...others] }: Pick<Installation, 'shards'>,
  env: Record<string, string> = {},
): Record<string, string> {
  if (directory === undefined) throw new Error('There is no directory.')
  const HOLDFAST_SHARDS = others.map(({ name, proxy }) => `${name}=${proxy.url}`).join(',')
  return { ...settingsFor({ ownerUrl: directory.proxy.url, appUrl: '' }), HOLDFAST_SHARDS, ...env }
}

/** A server of all the databases. */
export async function serverOfShards(
  installation: Pick<Installation, 'shards'>,
  env: Record<string, string> = {},
): Promise<ShardedServer> {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLogger('debug', stream)
  const settings = settingsOfShards(installation, env)
  const config = settingsAtStart(settings, () => undefined)
  const database = await openDatabase(config, { share: false })
  const { url, stop } = await startServing({ config, env: settings, log, say: () => undefined, database })
  return { url, stop, logText: () => lines.join('') }
}

export type Scene = Awaited<ReturnType<typeof sceneOf>>

/** Two databases, a server of both, and what its administrator does. Call `end` after the tests. */
export async function startedShards() {
  const database = await shardedDatabase()
  const server = await serverOfShards(database)
  const scene = await sceneOf(server.url, database)
  const end = async () => {
    await server.stop()
    await database.drop()
  }
  return { database, server, scene, end }
}

/** What a test does as the site's administrator, by HTTP. */
export async function sceneOf(
  url: string,
  database: Pick<TestDatabase, 'ownerPool'> & { shards: Pick<ShardDatabase, 'database'>[] },
) {
  const admin = await signIn(url)
  const api = async (method: string, path: string, body?: unknown, bearer = admin): Promise<ApiResponse> => {
    const response = await until(async () => {
      const last = await call(`${url}/api/v1${path}`, { method, bearer, ...(body === undefined ? {} : { body }) })
      // This happens on a slow machine. The request was not processed.
      return last.body.code === 'unavailable' ? undefined : last
    }, `${method} ${path}`)
    if (response.status >= 300) throw new Error(`${method} ${path} returned ${response.status}: ${response.text}`)
    return response
  }
  const aClinic = async (name = 'Clinic') => String((await api('POST', '/clinics', { name, timezone: 'UTC' })).body.id)
  const shardOfId = async (id: string): Promise<number> => {
    const { rows } = await database.ownerPool.query<{ no: number }>(sql`select shard_no as no from holdfast.clinic_shard
        where clinic_no = ${clinicNoIn(id)}`)
    return rows[0]?.no ?? Number.NaN
  }
  return {
    admin,
    api,
    shardOfId,
    aClinic,
    /** A new clinic in this database, whichever has the fewest bookings. */
    async aClinicIn(index: number): Promise<string> {
      const { rows } = await database.ownerPool.query<{ no: number }>(sql`select holdfast.place_clinic(${index}) as no`)
      const shard = database.shards[index]
      if (shard === undefined) throw new Error(`There is no database ${index}.`)
      return (await builtClinic(shard.database, { no: rows[0]?.no })).id
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
