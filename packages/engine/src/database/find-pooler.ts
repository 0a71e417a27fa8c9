import type pg from 'pg'
import { connectClient } from './connect-client.ts'

/**
 * `none`: PostgreSQL itself. `pooler`: a program that gives a session, or each transaction, one of its connections.
 * `statement`: one that does so for each statement, so that there are no transactions.
 */
export type Pooler = 'none' | 'pooler' | 'statement'

/**
 * What responds at the URL. PostgreSQL names its process when a session begins; a pooler has to invent a number, since
 * it does not know yet which session it will use.
 *
 * @throws the driver's error when there is no connection
 */
export async function findPooler(url: string): Promise<Pooler> {
  const client = await connectClient({ url, name: 'holdfast start', queryTimeoutMs: 10_000 })
  try {
    return await poolerOf(client)
  } finally {
    await client.end()
  }
}

/** See {@link findPooler}. @param client connected, in no transaction */
export async function poolerOf(client: pg.Client): Promise<Pooler> {
  try {
    await client.query('begin')
  } catch (error) {
    // PgBouncer: transaction blocks not allowed in statement pooling mode
    if (error instanceof Error && error.message.includes('statement pooling')) return 'statement'
    throw error
  }
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  await client.query('commit')
  const { processID } = client as pg.Client & { processID: number | null }
  return rows[0]?.pid === processID ? 'none' : 'pooler'
}
