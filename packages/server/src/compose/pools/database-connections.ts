import { batchConnectionsMax } from '@holdfast/engine'
import type { Config } from '../../config/config.ts'

/** The most connections of the pools that no setting sizes. */
export const poolConnections = {
  batches: batchConnectionsMax,
  /** One clinic's cases take half of them at most, its searches for times a quarter. */
  theatre: 8,
  /** One reads the log, one notifies the other processes. */
  tail: 2,
  /** One for readiness, one for what holds back the log. */
  probes: 2,
  /** The figures are read in turn, and readiness does not wait for slow ones. */
  figures: 1,
  /** Whether the database responds is not confused with a wait for a connection. */
  ping: 1,
} as const

/** The same of the process that runs the jobs. */
export const jobConnections = {
  /** Two runners, each of which listens and runs a job; one looks for jobs. */
  jobs: 5,
  /** One plans messages, one holds that right, one sends. */
  messages: 3,
  /** One plans deliveries, one holds that right, two send and record. */
  webhooks: 4,
  /** One reads the log, one holds the right to. */
  broker: 2,
} as const

/** One that listens for announcements of the log. */
const listening = 1
/** One that asks for the primary's position. */
const position = 1

type ProcessSettings = Pick<Config, 'poolSize' | 'accountsPoolSize' | 'databaseReplicaUrls'>
export type ConnectionSettings = ProcessSettings & Pick<Config, 'processes' | 'runsJobs' | 'amqpUrl'>

/**
 * The most connections that `start` opens to the primary: of all its processes, one of which also runs the jobs. Not
 * counted are those of commands and backups, and those of the start itself, when the pools are empty.
 */
export function connectionsMax(config: ConnectionSettings): number {
  const { broker, ...always } = jobConnections
  const ofJobs = sumOf(always) + (config.amqpUrl === null ? 0 : broker)
  return config.processes * connectionsOfProcess(config) + (config.runsJobs ? ofJobs : 0)
}

/** The most connections of one process that serves requests, without those of jobs. */
export function connectionsOfProcess({ poolSize, accountsPoolSize, databaseReplicaUrls }: ProcessSettings): number {
  const own = sumOf(poolConnections) + listening + (databaseReplicaUrls === null ? 0 : position)
  return poolSize + accountsPoolSize + own
}

function sumOf(connections: Readonly<Record<string, number>>): number {
  return Object.values(connections).reduce((sum, one) => sum + one, 0)
}
