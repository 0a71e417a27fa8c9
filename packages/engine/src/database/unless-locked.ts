import type pg from 'pg'
import sql from 'sql-template-tag'
import type { AnnouncedTransaction } from './announced-transaction.ts'
import { isLockTimeout } from './database-unavailable.ts'

/** How long a step waits for one lock while it has the doctor's, for which claims wait. */
const stepLockMs = 300
/** How often a step is tried in one run before its doctor is left to the next run. */
export const lockedTriesMax = 3

/** What a job reports of a doctor whom it leaves to its next run. */
export const lockedMessage = 'Another session has locked slots of a doctor.'

/** A transaction of one step; `locked`: another session has locked a row for longer, and nothing was written. */
export async function unlessLocked<Result>(
  write: AnnouncedTransaction,
  step: (transaction: pg.PoolClient) => Promise<Result>,
): Promise<Result | 'locked'> {
  try {
    return await write(async (transaction) => {
      await transaction.query(sql`select set_config('lock_timeout', ${String(stepLockMs)}, true)`)
      return step(transaction)
    })
  } catch (error) {
    if (isLockTimeout(error)) return 'locked'
    throw error
  }
}
