import type pg from 'pg'
import { inTransaction } from './pools.ts'

/** Rolls a transaction back, which has a result nevertheless. */
class Undone<Result> extends Error {
  readonly result: Result

  constructor(result: Result) {
    super('A change was refused, and what was prepared for it is not needed.')
    this.result = result
  }
}

/**
 * Runs `work` in one transaction, and commits it, unless `work` calls `undo`: then what it has written is rolled back,
 * and the result is what `undo` was called with. Of what is to be sent again (`retry`), only what was given back for it
 * stays: `work` returns that as soon as it knows, and undoes it after it has prepared something.
 */
export async function inTransactionUnlessUndone<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient, undo: (result: Result) => never) => Promise<Result>,
): Promise<Result> {
  const undo = (result: Result): never => {
    throw new Undone(result)
  }
  return inTransaction(pool, (client) => work(client, undo)).catch((error: unknown) => {
    if (error instanceof Undone) return error.result as Result
    throw error
  })
}
