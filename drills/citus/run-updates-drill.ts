import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { changeDatabaseUrl, createPool, verify } from '@holdfast/engine'
import { distributeDatabase } from '@holdfast/engine/distribute-database'
import { readShards } from '@holdfast/engine/shards'
import type { BuiltSlot } from '@holdfast/testkit'
import pg from 'pg'
import { buildRelease, commandOf } from './build-release.ts'
import { CitusLoad } from './citus-load.ts'
import { OpenShards } from './citus-shards.ts'
import { compareJournal } from './compare-journal.ts'
import { clinicNosOfShards, fillForCitus } from './fill-for-citus.ts'
import { cleanUp, movePlacement } from './move-shards.ts'
import { type NextRelease, nextReleases } from './releases/next-releases.ts'
import { migrateWithAccounts } from './try-accounts.ts'
import { checksOfFirst, checksOfNodes, checksOfSecond, failedChecks, type UpdateChecks } from './update-checks.ts'
import { writtenShards } from './written-shards.ts'

export type UpdatesResult = {
  shards: number
  bookings: number
  updates: UpdateOfRelease[]
  acknowledged: number
  lost: number
  duplicated: number
  repeated: number
  verify: { mismatches: number; overbooked: number }
}

/** How a database was updated to a release, under load. */
export type UpdateOfRelease = {
  release: string
  /** Migrations that the coordinator had, and shards that had all of them, when the update was killed. */
  killedAfter: { migrations: number; shards: number }[]
  /** Of the update that was not killed; a shard was moved meanwhile. */
  seconds: number
  moved: string
  /** Of the same command again: how many shards it wrote. */
  writtenAgain: number
  /** Of the release before, which must leave the newer schemas alone. */
  writtenByFormer: number
  /** Checks that were true before the update: they prove nothing. */
  trueBefore: string[]
  /** Checks that are not true afterwards, with where. */
  failed: string[]
  /**
   * The longest time in which no shard acknowledged anything: in the end, all clients wait for the shard that was
   * moved, to which they are led when the update is completed.
   */
  gapMs: number
}

type Options = { url: string; bookings: number; clients: number; directory: string; say: (line: string) => void }

const clinicsPerShard = 2
const slotsPerClinic = 3

/** Updates a distributed database to two further releases, while clients book by this one and updates are killed. */
export async function runUpdatesDrill({ url, bookings, clients, directory, say }: Options): Promise<UpdatesResult> {
  await migrateWithAccounts(url)
  const coordinator = createPool({ url, max: 4, name: 'holdfast drill' })
  try {
    const clinicNos = await clinicNosOfShards(coordinator, clinicsPerShard)
    const bookingsPerSlot = Math.ceil(bookings / (clinicNos.length * slotsPerClinic))
    const slots = await fillForCitus(coordinator, { clinicNos, slotsPerClinic, bookingsPerSlot })
    const verified = await verify(coordinator, { clinicNo: null, detailsMax: 1 })
    const shards = await openDistributed(url, clinicNos)
    say(`${verified.bookings} bookings in ${shards.all().length} shards`)
    try {
      const load = new CitusLoad({ shards, slots, clients })
      await load.untilAcknowledged(clients)
      const updates: UpdateOfRelease[] = []
      for (const release of nextReleases) {
        updates.push(await updateTo(release, { url, directory, coordinator, shards, load, slots, say }))
        say(JSON.stringify(updates.at(-1)))
      }
      await load.untilAcknowledged(clients)
      await load.stop()
      const { mismatches, overbooked } = await shards.verify()
      return {
        shards: shards.all().length,
        bookings: verified.bookings,
        updates,
        acknowledged: load.journal.length,
        ...(await compareJournal(shards, load.journal)),
        repeated: load.repeated,
        verify: { mismatches, overbooked },
      }
    } finally {
      await shards.end()
    }
  } finally {
    await coordinator.end()
  }
}

async function openDistributed(url: string, clinicNos: readonly number[]): Promise<OpenShards> {
  const shards = new OpenShards((await distributeDatabase(url)).written)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const clinicNo of clinicNos) await shards.find(clinicNo, client)
  } finally {
    await client.end()
  }
  return shards
}

type Scene = {
  url: string
  directory: string
  coordinator: pg.Pool
  shards: OpenShards
  load: CitusLoad
  slots: readonly BuiltSlot[]
  say: (line: string) => void
}

const checksOf: Record<string, UpdateChecks> = { first: checksOfFirst, second: checksOfSecond }

async function updateTo(release: NextRelease, scene: Scene): Promise<UpdateOfRelease> {
  const { url, directory, shards, load, say } = scene
  const command = commandOf(await buildRelease(release, directory))
  say(`built the release ${release.name}`)
  const checks = checksOf[release.name] ?? {}
  const trueBefore = await trueOf(checks, scene)
  const startedAt = performance.now()
  const reached = { migrations: 0, shards: 0 }
  const killedAfter: UpdateOfRelease['killedAfter'] = []
  const { versions } = release
  killedAfter.push(await killUpdate(command, scene, versions, (has) => has.migrations > reached.migrations))
  killedAfter.push(await killUpdate(command, scene, versions, (has) => has.shards >= 2))
  say(`killed ${JSON.stringify(killedAfter)}`)
  const moving = shards.all().at(-1)
  if (moving === undefined) throw new Error('There is no shard.')
  const [shard] = (await readShards(scene.coordinator)).filter(({ schema }) => schema === moving.schema)
  if (shard === undefined) throw new Error('Citus does not have the shard.')
  const secondsFrom = performance.now()
  const [updated] = await Promise.all([run(url, command), movePlacement(url, shard, 'block_writes')])
  // It was moved when its schema had been written, or could not be, as servers find it.
  if (!updated) say('the update failed while a shard was moved, and is repeated')
  const isRepeated = await run(url, command)
  if (!isRepeated) throw new Error('The update failed.')
  const seconds = (performance.now() - secondsFrom) / 1_000
  await cleanUp(url)
  const written = await writtenShards(url)
  const now = written.find(({ schema }) => schema === moving.schema)
  if (now !== undefined) await shards.reopen(now)
  await load.untilAcknowledgedIn(moving.schema)
  const failed = [
    ...(await failedChecks(checks, poolsOf(shards))),
    ...(await failedChecks(checksOfNodes, await nodesOf(scene))),
  ]
  return {
    release: release.name,
    killedAfter,
    seconds,
    moved: moving.schema,
    writtenAgain: await countWritten(url, command),
    writtenByFormer: written.filter(({ isWritten }) => isWritten).length,
    trueBefore,
    failed,
    gapMs: Math.round(
      load.gapMsIn(
        shards.all().map(({ schema }) => schema),
        startedAt,
      ),
    ),
  }
}

function poolsOf(shards: OpenShards): Map<string, pg.Pool> {
  return new Map(shards.all().map(({ schema, pool }) => [schema, pool]))
}

/** Negative control: what is true without the update. */
async function trueOf(checks: UpdateChecks, { shards }: Scene): Promise<string[]> {
  const [first] = poolsOf(shards)
  if (first === undefined) return []
  const failed = await failedChecks(checks, new Map([first]))
  return Object.keys(checks).filter((name) => !failed.some((found) => found.includes(`: ${name} (`)))
}

async function nodesOf({ url, coordinator }: Scene) {
  const shards = await readShards(coordinator)
  const nodes = new Map(shards.map((shard) => [`${shard.host}:${shard.port}`, shard]))
  const query = (ownerUrl: string) => async (text: string) => {
    const client = new pg.Client({ connectionString: ownerUrl })
    await client.connect()
    return client.query(text).finally(() => client.end())
  }
  return new Map(
    Array.from(nodes, ([name, { host, port }]) => [name, { query: query(changeDatabaseUrl(url, { host, port })) }]),
  )
}

type Reached = { migrations: number; shards: number }

/** Begins an update, and kills it when it has reached something. */
async function killUpdate(
  command: readonly string[],
  scene: Scene,
  versions: readonly number[],
  isReached: (has: Reached) => boolean,
): Promise<Reached> {
  const process = start(scene.url, command)
  const ended = once(process, 'exit')
  while (process.exitCode === null) {
    const has = await reachedBy(scene, versions)
    if (isReached(has)) {
      process.kill('SIGKILL')
      break
    }
    await delay(5)
  }
  await ended
  if (process.exitCode !== null) throw new Error(`The update ended with ${process.exitCode} before it was killed.`)
  return reachedBy(scene, versions)
}

async function reachedBy({ coordinator, shards }: Scene, versions: readonly number[]): Promise<Reached> {
  const count = async (pool: pg.Pool) => {
    const { rows } = await pool.query(
      'select count(*)::integer as n from holdfast.migration where version = any ($1)',
      [versions],
    )
    return rows[0].n as number
  }
  const inShards = await Promise.all(shards.all().map(({ pool }) => count(pool)))
  return { migrations: await count(coordinator), shards: inShards.filter((n) => n === versions.length).length }
}

function start(url: string, [program = '', ...args]: readonly string[], isJson = false): ChildProcess {
  const env = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: url,
    HOLDFAST_SECRET: 'a secret of the drill that is long enough',
  }
  const stdio = ['ignore', isJson ? 'pipe' : 'inherit', 'inherit'] as const
  return spawn(program, [...args, 'migrate', '--citus', ...(isJson ? ['--json'] : [])], { env, stdio: [...stdio] })
}

async function run(url: string, command: readonly string[]): Promise<boolean> {
  const [code] = await once(start(url, command), 'exit')
  return code === 0
}

async function countWritten(url: string, command: readonly string[]): Promise<number> {
  const process = start(url, command, true)
  let text = ''
  process.stdout?.on('data', (chunk: Buffer) => {
    text += chunk
  })
  await once(process, 'close')
  return (JSON.parse(text) as { updatedShards: number }).updatedShards
}
