import type { DatabasePool, Engine } from '@holdfast/engine'
import type pg from 'pg'
import type { AuditRecorder, AuditRecorderDeps } from '../../audit/audit-recorder.ts'
import type { ResponseCache } from '../../cache/response-cache.ts'
import type { Probes } from '../../edge/probes.ts'
import type { LivePlaces } from '../../live/live-places.ts'
import type { Logger } from '../../observe/logger.ts'
import type { CacheFigures, CalendarFigures, Metrics, QueueDepths } from '../../observe/metrics.ts'
import type { ObservedDatabase } from '../../observe/read-database-figures.ts'
import type { Places } from '../../rest/places.ts'
import type { JobDatabase } from '../pools/job-database.ts'
import type { OpenShard } from './open-shard.ts'

/** Serves requests that name no clinic, or concern all. */
export type Common = Pick<OpenShard, 'rest'> & {
  engine: Engine
  cache: ResponseCache
  pools: { general: DatabasePool }
}

/** All clinics of an installation, each served by one database: by the only one, or by one of several. */
export type OpenShards = {
  /** The directory first. */
  all: readonly OpenShard[]
  common: Common
  jobDatabases: readonly JobDatabase[]
  /** Collects events of the security log, those of each database separately. */
  createAudit(deps: Omit<AuditRecorderDeps, 'append'>): Pick<AuditRecorder, 'record' | 'acknowledge' | 'stop'>
  /** The database of a clinic that a request has named. */
  shardOf(clinicNo: number): OpenShard
  /** The same of a clinic that may be new: looked up in the directory, if this process does not know it. */
  find(clinicNo: number): OpenShard | Promise<OpenShard>
  /** Whether a clinic is in a database that this process does not know; null: none is. */
  elsewhere(): ((clinicNo: number) => boolean) | null
  /** Asks the directory again in which database a clinic is. @returns whether it is being moved */
  lookAgain(clinicNo: number): Promise<boolean>
  places: Places
  live: LivePlaces
  probes: Probes
  /** The databases by the names that metrics have, in the order of `all`. */
  observed: readonly [ObservedDatabase, ...ObservedDatabase[]]
  /** The pools by their label in the metrics: `batches` is labelled `write`, and `general` is `read`. */
  pools: Record<string, readonly pg.Pool[]>
  allPools: readonly DatabasePool[]
  /** Stops everything but the engines and the pools. */
  stop(): Promise<unknown>
}

export type OpenShardsDeps = {
  log: Logger
  metrics: Metrics
  isStopping: () => boolean
  /** The pool for the accounts, to the directory. */
  accountsPool: DatabasePool
}

/** The depth of each queue, over all shards. */
export function queueDepthsOf({ all }: Pick<OpenShards, 'all'>): QueueDepths {
  return all.map(({ engine }): QueueDepths => engine.queueDepths()).reduce(sumOfDepths)
}

/** All shards have the same queues. */
function sumOfDepths(one: QueueDepths, other: QueueDepths): QueueDepths {
  return Object.fromEntries(Object.entries(one).map(([queue, depth]) => [queue, sumOf(depth, other[queue] ?? depth)]))
}

/** Slot lists and other public reads together, over all shards. */
export function cacheFiguresOf({ all, common }: Pick<OpenShards, 'all' | 'common'>): CacheFigures {
  const caches = new Set([common.cache, ...all.map(({ freshness }) => freshness.cache)])
  const responses = [...caches].map(({ figures }) => figures).reduce(sumOf)
  const slots = all.map(({ slotLists }) => slotLists.figures).reduce(sumOf)
  const { loads, bytes } = calendarFiguresOf({ all })
  return {
    hits: responses.hits + slots.hits,
    misses: responses.misses + slots.misses,
    stale: responses.stale + slots.stale,
    loads: responses.loads + loads,
    bytes: responses.bytes + slots.bytes + bytes,
  }
}

export function calendarFiguresOf({ all }: Pick<OpenShards, 'all'>): CalendarFigures & { bytes: number } {
  return all.map(({ calendar }) => calendar.figures).reduce(sumOf)
}

/** The sum of each figure. */
function sumOf<Figures extends Record<string, number>>(one: Figures, other: Figures): Figures {
  return Object.fromEntries(Object.entries(one).map(([name, figure]) => [name, figure + (other[name] ?? 0)])) as Figures
}

/** The pools by their label in the metrics. */
export function poolsByLabel(all: readonly { pools: Partial<OpenShard['pools']> }[]): OpenShards['pools'] {
  const labels = { batches: 'write', general: 'read' } as Record<string, string>
  const names = new Set(all.flatMap(({ pools }) => Object.keys(pools) as (keyof OpenShard['pools'])[]))
  return Object.fromEntries(
    Array.from(names, (name) => [labels[name] ?? name, all.flatMap(({ pools }) => pools[name] ?? [])]),
  )
}
