import pg from 'pg'

export type ClientSettings = {
  url: string
  /** Seen as application_name in pg_stat_activity. */
  name: string
  /** How long to wait for the connection, milliseconds. Default 10,000. */
  connectTimeoutMs?: number
  /** How long to wait for the response to a query, milliseconds. Default: no limit. */
  queryTimeoutMs?: number
  /** After so many milliseconds without traffic, a server that does not respond for 10 s is lost. Default: never. */
  keepAliveMs?: number
}

/**
 * Opens a connection outside a pool. If it is lost between two queries, the next one fails, and the process does not
 * end.
 *
 * @throws the driver's error if there is no connection
 */
export async function connectClient(settings: ClientSettings): Promise<pg.Client> {
  const { url, name, connectTimeoutMs = 10_000, queryTimeoutMs, keepAliveMs } = settings
  const client = new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: connectTimeoutMs,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
    ...(keepAliveMs === undefined ? {} : { keepAlive: true, keepAliveInitialDelayMillis: keepAliveMs }),
  })
  client.on('error', () => {})
  await client.connect().catch((error: unknown) => {
    // The driver leaves the connection open after what fails in it, such as a login without a password.
    client.end().catch(() => undefined)
    throw error
  })
  return client
}
