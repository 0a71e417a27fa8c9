import type { HealthBody, HealthCheckBody } from '@holdfast/contract'
import { boundedRead } from '../observe/bounded-read.ts'
import type { DatabaseFigures } from '../observe/database-figures.ts'
import type { ObservedDatabase } from '../observe/read-database-figures.ts'
import type { MachineWatch } from '../observe/watch-machine.ts'
import { databaseChecks, type KnownReplica, replicaCheck } from './database-checks.ts'
import { installationChecks, isUnbacked } from './installation-checks.ts'
import { worstOf } from './judge.ts'
import { type KnownQueues, machineChecks, queueChecks, redisCheck, serverCheck } from './process-checks.ts'
import { type DatabaseDetails, readDetails } from './read-details.ts'
import { SeenSince } from './seen-since.ts'
import { unusedChannels, workChecks } from './work-checks.ts'

/** Where each fact comes from. */
export type HealthSources = {
  /** All, the directory or the only one first. */
  databases: readonly ObservedDatabase[]
  /** Their figures, in the same order. */
  readFigures(): Promise<DatabaseFigures>
  machine: MachineWatch
  /** false: the database is that of DATABASE_URL. */
  isEmbedded: boolean
  release: string
  /** The name of this process. */
  process: string
  /** null: this process serves no requests. */
  queues(): KnownQueues | null
  replicas(): readonly KnownReplica[]
  /** Whether this process could send messages. */
  channels: { email: boolean; sms: boolean }
  /** null: there is no Redis, or this process does not use it. */
  isRedisAvailable(): boolean | null
  now(): Date
}

export type ReadHealth = () => Promise<HealthBody>

/** Many may look at it at once: they get the same reading. */
const sameMs = 1_000
/** A directory on a network may hang, and so may the address of the site. */
const machineMs = 1_000

/**
 * Returns what reads and judges the health of an installation, by the thresholds of the alerts. It takes a few seconds
 * at most, whatever does not respond, and never fails: what could not be read is `unknown`.
 */
export function createHealth(sources: HealthSources): ReadHealth {
  const readers = sources.databases.map(({ pools }) =>
    // The figures have a line in the log for what cannot be read.
    boundedRead(
      () => readDetails(pools.figures),
      () => undefined,
    ),
  )
  const seen = new SeenSince()
  let unbackedSince: Date | null = null
  let latest: { untilMs: number; health: Promise<HealthBody> } | null = null

  async function read(): Promise<HealthBody> {
    const [figures, details] = await Promise.all([
      sources.readFigures(),
      Promise.all(readers.map((reader) => reader())),
      sources.machine.read(machineMs),
    ])
    const now = sources.now()
    const { installation } = figures
    if (installation !== null) unbackedSince = isUnbacked(installation) ? (unbackedSince ?? now) : null
    const checks = seen.complete(checksOf(sources, { figures, details, now, unbackedSince }), now)
    return { at: now.toISOString(), state: worstOf(checks.map(({ state }) => state)), process: sources.process, checks }
  }

  return () => {
    if (latest === null || performance.now() > latest.untilMs) {
      const current = { untilMs: Number.POSITIVE_INFINITY, health: read() }
      latest = current
      const end = () => {
        current.untilMs = performance.now() + sameMs
      }
      current.health.then(end, end)
    }
    return latest.health
  }
}

type Read = {
  figures: DatabaseFigures
  details: readonly (DatabaseDetails | null)[]
  now: Date
  unbackedSince: Date | null
}

function checksOf(sources: HealthSources, { figures, details, now, unbackedSince }: Read): HealthCheckBody[] {
  const { isEmbedded, machine, release, process } = sources
  const ofDatabases = figures.shards.map((shard, index) => ({ shard, details: details[index] ?? null }))
  const isRedisAvailable = sources.isRedisAvailable()
  const work = ofDatabases.flatMap(({ shard, details }) => workChecks(shard.shard, details))
  return [
    ...ofDatabases.flatMap(({ shard, details }) => databaseChecks(shard, details)),
    ...sources.replicas().map(replicaCheck),
    ...queueChecks(sources.queues()),
    ...work,
    ...unusedChannels(work, sources.channels),
    ...installationChecks(figures.installation, { isEmbedded, now, unbackedSince }),
    ...machineChecks(machine, now),
    ...(isRedisAvailable === null ? [] : [redisCheck(isRedisAvailable)]),
    serverCheck(release, process),
  ]
}
