import { startEmbeddedPostgres, withEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import type { Config } from '../config.ts'

export type OpenDatabase = {
  /** The owner's: it may migrate. */
  ownerUrl: string
  /** Whether this is the embedded server, ours or another process's. */
  embedded: boolean
  /** Lets go of it: an embedded server that was started here stops. Again: does nothing more. */
  stop(): Promise<void>
}

export type OpenDatabaseOptions = {
  /**
   * false: the embedded server must be ours (`start`). true: a server that another process of this machine runs on the
   * same data directory is used, or one is started for the time being (`worker`, `verify`, `admin` …).
   */
  share: boolean
  /** Hears what a person should know: where the data went, what was recovered. */
  say?: (line: string) => void
}

/**
 * The database of the settings: DATABASE_URL, else the embedded server on HOLDFAST_DATA. Connects to nothing yet where
 * a URL was given.
 *
 * @throws EmbeddedPostgresError see its kinds
 */
export async function openDatabase(config: Config, { share, say }: OpenDatabaseOptions): Promise<OpenDatabase> {
  if (config.databaseUrl !== null) {
    return { ownerUrl: config.databaseUrl, embedded: false, stop: async () => undefined }
  }
  const options = { dataDirectory: config.dataDirectory, ...(say === undefined ? {} : { log: say }) }
  if (share) return openShared(options)
  const embedded = await startEmbeddedPostgres(options)
  return { ownerUrl: embedded.ownerUrl, embedded: true, stop: () => embedded.stop() }
}

/** `withEmbeddedPostgres`, held open until `stop`. */
function openShared(options: Parameters<typeof withEmbeddedPostgres>[0]): Promise<OpenDatabase> {
  return new Promise((resolve, reject) => {
    const wanted = Promise.withResolvers<void>()
    const done = withEmbeddedPostgres(options, async ({ ownerUrl }) => {
      const stop = () => {
        wanted.resolve()
        return done
      }
      resolve({ ownerUrl, embedded: true, stop })
      await wanted.promise
    })
    done.catch(reject)
  })
}
