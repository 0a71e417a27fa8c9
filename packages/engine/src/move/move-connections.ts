import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '@holdfast/vocabulary'
import pg from 'pg'
import { connectClient } from '../database/connect-client.ts'
import { isConnectionLost, isDatabaseUnusable } from '../database/database-unavailable.ts'
import { checkMark, type ExpectedShard } from '../database/shard-mark.ts'

/** A database of the installation, as the owner of its schema. */
export type NamedUrl = { name: string; url: string }

/** The same, with what it has to be: the URL may lead to another database. */
export type ExpectedUrl = NamedUrl & ExpectedShard

/** A database of the installation cannot be used, or its connection was lost. The message names it. */
export class DatabaseLost extends Error {
  override name = 'DatabaseLost'

  constructor(name: string, cause: unknown) {
    const reason = messageOf(cause).replace(/\.?$/, '.')
    const advice = 'When it can, run the same command again: `holdfast shards` says what is not finished.'
    super(`the database ${name} cannot be used: ${reason} ${advice}`, { cause })
  }
}

export type MoveConnections = {
  /** @throws DatabaseLost; ShardRefused if the URL leads to another database */
  open(database: NamedUrl | ExpectedUrl): Promise<pg.Client>
  /** The error to throw for one of a query: DatabaseLost if a connection was lost. Before the connections are ended. */
  named(error: unknown): Promise<unknown>
}

const applicationName = 'holdfast move-clinic'
/** The server closes a connection right after the error by which it ends the session. */
const lossSeenWithinMs = 1_000

/**
 * Runs `work` with connections to databases of the installation, which it ends. What was not committed is undone then.
 *
 * @throws DatabaseLost; what `work` throws
 */
export async function withConnections<Result>(
  work: (connections: MoveConnections) => Promise<Result>,
): Promise<Result> {
  const clients: pg.Client[] = []
  const lost = Promise.withResolvers<{ name: string; seen: Error }>()
  const named = async (error: unknown) => {
    if (!isConnectionLost(error)) return error
    const loss = await Promise.race([lost.promise, delay(lossSeenWithinMs, null, { ref: false })])
    if (loss === null) return error
    // Of a connection that was lost between two queries, the next one says only that.
    return new DatabaseLost(loss.name, error instanceof pg.DatabaseError ? error : loss.seen)
  }
  const open = async (database: NamedUrl | ExpectedUrl) => {
    const { name, url } = database
    const client = await connect(url).catch((error: unknown) => {
      throw isDatabaseUnusable(error) ? new DatabaseLost(name, error) : error
    })
    client.once('error', (seen) => lost.resolve({ name, seen }))
    clients.push(client)
    if ('mark' in database) await checkMark(client, database)
    return client
  }
  try {
    return await work({ open, named })
  } catch (error) {
    throw await named(error)
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()))
  }
}

/** Rows are compared by their texts, which depend on these settings. What does not respond is lost, at both ends. */
async function connect(url: string): Promise<pg.Client> {
  const client = await connectClient({ url, name: applicationName, keepAliveMs: 10_000 })
  await client.query(`set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres';
    set bytea_output = 'hex'; set extra_float_digits = 1;
    set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0;
    set idle_session_timeout = 0;
    set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4`)
  // Since PostgreSQL 17.
  await client.query(`select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout'`)
  return client
}
