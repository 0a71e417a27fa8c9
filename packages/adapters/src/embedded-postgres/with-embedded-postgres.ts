import { connectEmbeddedPostgres } from './connect-embedded-postgres.ts'
import { lockForCommand } from './data-directory-lock.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { pollUntil } from './poll-until.ts'
import {
  type EmbeddedPostgres,
  type StartEmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './start-embedded-postgres.ts'

/** The process that has locked the data directory may be starting or stopping its server. */
const waitLimitMs = 60_000

/**
 * Runs `use` with the database of a data directory: with a server that is already running (for example under
 * `holdfast start`), or with one that is started here and stopped afterwards. Before it stops, other commands that use
 * it get up to 10 s to finish.
 *
 * @throws EmbeddedPostgresError see its kinds; and whatever `use` throws
 */
export async function withEmbeddedPostgres<T>(
  options: StartEmbeddedPostgresOptions,
  use: (database: { ownerUrl: string }) => Promise<T>,
): Promise<T> {
  const found = await pollUntil(() => startOrConnect(options), waitLimitMs, 100)
  // Still locked, and still no server: try once more, so that the error names the process that has the lock.
  const database = found ?? (await startEmbeddedPostgres(options, lockForCommand))
  if (!wasStartedHere(database)) return use(database)
  try {
    return await use(database)
  } finally {
    await database.stop('smart')
  }
}

async function startOrConnect(
  options: StartEmbeddedPostgresOptions,
): Promise<EmbeddedPostgres | { ownerUrl: string } | undefined> {
  try {
    return await startEmbeddedPostgres(options, lockForCommand)
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError) || error.kind !== 'data_directory_in_use') throw error
    return connectEmbeddedPostgres(options)
  }
}

function wasStartedHere(database: EmbeddedPostgres | { ownerUrl: string }): database is EmbeddedPostgres {
  return 'stop' in database
}
