import pTimeout from 'p-timeout'
import { DatabaseUnavailable } from './database-unavailable.ts'

const readMsMax = 2_000

/**
 * Waits for a read that takes milliseconds while the database responds. Without a bound, a request would wait for a
 * database that hangs until the query times out, which is longer than its claim may wait.
 *
 * @throws DatabaseUnavailable after `msMax` (2 s): the read wrote nothing
 */
export function promptly<Result>(read: Promise<Result>, msMax = readMsMax): Promise<Result> {
  const message = new DatabaseUnavailable(`A read took longer than ${msMax} ms.`, {
    outcomeUnknown: false,
    cause: null,
  })
  return pTimeout(read, { milliseconds: msMax, message })
}
