import { existsSync } from 'node:fs'
import {
  connectEmbeddedPostgres,
  EmbeddedPostgresError,
  startEmbeddedPostgres,
  withEmbeddedPostgres,
} from '@holdfast/adapters/embedded-postgres'
import type { Config } from '../../config/config.ts'
import { ownerUrlOf } from '../../config/owner-url.ts'
import { ofShard } from '../../config/shard-settings.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import { connectionsOfProcess } from '../pools/database-connections.ts'
import { applicationUrlOf } from './application-urls.ts'
import { type MigratedDatabase, migrateDatabase } from './migrate-database.ts'
import { type PreparedDatabase, prepareClinics, prepareDatabase, refuseWithoutShards } from './prepare-database.ts'
import { prepareShards, type Say, shardOf } from './prepare-shards.ts'

export type { PreparedDatabase } from './prepare-database.ts'

type OpenDatabase = {
  /** The URL of the schema's owner, which may migrate. */
  ownerUrl: string
  /** Whether this is the embedded server, started by this process or by another. */
  embedded: boolean
  /** Releases the database. An embedded server that was started here stops. Idempotent. */
  stop(): Promise<void>
}

export type OpenDatabaseOptions = {
  /**
   * false: this process must start the embedded server (`start`). true: use a server that another process on this
   * machine runs on the same data directory, or start one temporarily (`worker`, `verify`, `admin` …). `running`: the
   * same, but start none.
   */
  share: boolean | 'running'
  /** An empty database may be created for a secret that is there already. */
  mayBeNew?: boolean
  /** Called before an embedded database is created. None is if it throws. */
  beforeCreating?: () => Promise<void>
  /** Receives messages for a person, such as where the data is stored or what was recovered. */
  say?: (line: string) => void
}

/** The configured database. */
export type Database = OpenDatabase & {
  /**
   * Migrates the schema and returns how the application logs in. Idempotent.
   *
   * @param contracts also drops what only servers of the previous release use
   * @param say receives a message for each step
   * @throws MigrateError, AppLoginError
   */
  migrate(say?: (line: string) => void, contracts?: boolean): Promise<MigratedDatabase>
  /**
   * The same for the databases of HOLDFAST_SHARDS, one after the other, after the directory.
   *
   * @returns those that cannot be reached now, by name; they are migrated when they can be
   * @throws MigrateError, AppLoginError, ShardRefused; StartError for a new one that cannot be reached, or for one
   *   that is missing in the settings
   */
  migrateShards(say: (line: string) => void, contracts?: boolean): Promise<string[]>
  /** What creates clinics needs of all databases. @throws as `migrateShards` */
  prepareClinics(say?: Say): Promise<Omit<PreparedDatabase, 'secrets'>>
  /** The same, with the server's secrets. @throws also StartError for a missing or wrong secret */
  prepare(say?: Say): Promise<PreparedDatabase>
  /** How the application logs in, without changing anything; null: the database was never migrated. */
  applicationUrl(): Promise<string | null>
  /** The same in the database that has a clinic: one of HOLDFAST_SHARDS, or this one. */
  applicationUrlOf(clinicNo: number): Promise<string | null>
}

/**
 * Opens the configured database: DATABASE_URL, else the embedded server on HOLDFAST_DATA. With a URL, it does not
 * connect yet. Call `stop` at the end.
 *
 * @throws EmbeddedPostgresError see its kinds; StartError if the database is missing and its secret is not
 */
export async function openDatabase(config: Config, options: OpenDatabaseOptions): Promise<Database> {
  const database = await open(config, options)
  return {
    ...database,
    migrate: (say, contracts = false) => migrateDatabase({ ...config, contracts }, database.ownerUrl, say),
    async migrateShards(say, contracts = false) {
      await refuseWithoutShards(config, database.ownerUrl, say)
      const prepared = await prepareShards({ ...config, contracts }, database.ownerUrl, say)
      return prepared.filter(({ urls }) => urls === null).map(({ settings }) => settings.name)
    },
    prepareClinics: (say) => prepareClinics(config, database.ownerUrl, say),
    prepare: (say) => prepareDatabase(config, database.ownerUrl, say),
    applicationUrl: () => applicationUrlOf(config, database.ownerUrl),
    async applicationUrlOf(clinicNo) {
      const shard = config.shards === null ? null : await shardOf(config.shards, database.ownerUrl, clinicNo)
      if (shard === null) return applicationUrlOf(config, database.ownerUrl)
      return applicationUrlOf(ofShard(config, shard), ownerUrlOf(shard))
    },
  }
}

/** The connections of the embedded server, for one server process, a worker and commands. */
const connectionsOfOne = 100

async function open(
  config: Config,
  { share, say, mayBeNew, beforeCreating }: OpenDatabaseOptions,
): Promise<OpenDatabase> {
  if (config.databaseUrl !== null) {
    const ownerUrl = ownerUrlOf({ ...config, databaseUrl: config.databaseUrl })
    return { ownerUrl, embedded: false, stop: async () => undefined }
  }
  const options = {
    dataDirectory: config.dataDirectory,
    async beforeCreating() {
      if (!mayBeNew) await refuseLostDatabase(config)
      await beforeCreating?.()
    },
    ...(say === undefined ? {} : { log: say }),
  }
  if (share === 'running') return openRunning(config.dataDirectory)
  if (share) return openShared(options)
  const connections = connectionsOfOne + (config.processes - 1) * connectionsOfProcess(config)
  const embedded = await startEmbeddedPostgres({ ...options, settings: { max_connections: String(connections) } })
  return { ownerUrl: embedded.ownerUrl, embedded: true, stop: () => embedded.stop() }
}

/**
 * The server creates its secret after its database. Where there is only the secret, HOLDFAST_DATA is wrong, its disk is
 * not mounted, or what should have been restored was not: an empty database would be used instead of the lost one.
 *
 * @returns the error if there is no database in HOLDFAST_DATA; null: one may be created there
 */
export function lostDatabase({ dataDirectory, secretFile }: Config): StartError | null {
  if (secretFile === null || !existsSync(secretFile)) return null
  return new StartError(
    `There is no database in ${dataDirectory}, and ${secretFile} is the secret of one. Correct HOLDFAST_DATA, mount ` +
      'its disk, or restore a backup into it. To begin with an empty database, move that file away, or run `holdfast ' +
      'migrate` if it is to be the secret of the new one.',
  )
}

async function refuseLostDatabase(config: Config): Promise<void> {
  const lost = lostDatabase(config)
  if (lost !== null) throw lost
}

async function openRunning(dataDirectory: string): Promise<OpenDatabase> {
  const running = await connectEmbeddedPostgres({ dataDirectory })
  if (running === undefined) {
    throw new EmbeddedPostgresError('not_running', `Holdfast is not running on the data directory ${dataDirectory}`)
  }
  return { ...running, embedded: true, stop: async () => undefined }
}

/** Runs `withEmbeddedPostgres` until `stop` is called. */
function openShared(options: Parameters<typeof withEmbeddedPostgres>[0]): Promise<OpenDatabase> {
  return new Promise((resolve, reject) => {
    const stopped = Promise.withResolvers<void>()
    const done = withEmbeddedPostgres(options, async ({ ownerUrl }) => {
      const stop = () => {
        stopped.resolve()
        return done
      }
      resolve({ ownerUrl, embedded: true, stop })
      await stopped.promise
    })
    done.catch(reject)
  })
}
