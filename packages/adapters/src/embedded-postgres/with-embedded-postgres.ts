import { connectEmbeddedPostgres } from './connect-embedded-postgres.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { pollUntil } from './poll-until.ts'
import {
  type EmbeddedPostgres,
  type StartEmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './start-embedded-postgres.ts'

/** The holder of a data directory may just be starting its server, or stopping it. */
const waitLimitMs = 60_000

/**
 * Runs `use` with the database of a data directory: with the server that runs already (as while `holdfast start` is up),
 * or with one started for just as long. A server started here first lets other commands that came to use it finish, up
 * to 10 s.
 *
 * @throws EmbeddedPostgresError see its kinds; and whatever `use` throws
 */
export async function withEmbeddedPostgres<T>(
  options: StartEmbeddedPostgresOptions,
  use: (database: { ownerUrl: string }) => Promise<T>,
): Promise<T> {
  const found = await pollUntil(() => startOrConnect(options), waitLimitMs, 100)
  // Still held, and still no server: say who holds it, by trying once more for good.
  const database = found ?? (await startEmbeddedPostgres(options))
  if (!isOurs(database)) return use(database)
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
    return await startEmbeddedPostgres(options)
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError) || error.kind !== 'data_directory_in_use') throw error
    return connectEmbeddedPostgres(options)
  }
}

function isOurs(database: EmbeddedPostgres | { ownerUrl: string }): database is EmbeddedPostgres {
  return 'stop' in database
}
