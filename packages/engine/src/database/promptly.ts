import pTimeout from 'p-timeout'
import type { DatabasePool } from './database-pool.ts'
import { completeWrite, DatabaseUnavailable, isConnectionLost, PoolExhausted } from './database-unavailable.ts'

const readMsMax = 2_000

/**
 * Waits for a read that takes milliseconds while the database responds. Without a bound, a request would wait for a
 * database that hangs until the query times out, which is longer than its claim may wait.
 *
 * @param pool which the read uses
 * @throws DatabaseUnavailable after `msMax` (2 s): the read wrote nothing. PoolExhausted, if the pool is
 */
export function promptly<Result>(
  read: Promise<Result>,
  { msMax = readMsMax, pool = null }: { msMax?: number; pool?: Pick<DatabasePool, 'isExhausted'> | null } = {},
): Promise<Result> {
  const late = new DatabaseUnavailable(`A read took longer than ${msMax} ms.`, { outcomeUnknown: false, cause: null })
  const fallback = () => {
    throw pool?.isExhausted ? new PoolExhausted(late) : late
  }
  return pTimeout(read, { milliseconds: msMax, fallback })
}

/**
 * Reads promptly what a write has left; once more if the connection is lost, which the caller need not know then.
 *
 * @throws DatabaseUnavailable with `outcomeUnknown`
 */
export function readAfterCommit<Result>(read: () => Promise<Result>): Promise<Result> {
  const readAgain = (error: unknown) => {
    if (!isConnectionLost(error)) throw error
    return read()
  }
  return completeWrite(() => promptly(read().catch(readAgain)))
}
