import pg from 'pg'
import type { Outcome } from './strategy.ts'

/** Runs `work` on one connection; commits when the outcome is `booked`, and rolls back otherwise. */
export async function transaction(
  pool: pg.Pool,
  begin: string,
  work: (client: pg.PoolClient) => Promise<Outcome>,
): Promise<Outcome> {
  const client = await pool.connect()
  try {
    await client.query(begin)
    const outcome = await work(client)
    await client.query(outcome.kind === 'booked' ? 'commit' : 'rollback')
    return outcome
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** The SQLSTATE of a database error; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}
