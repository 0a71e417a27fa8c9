import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import type { StoreEntryMail } from '../model/waitlist.ts'

const entriesPerCallMax = 200

/**
 * Ends entries of waitlists whose last day is past, in small transactions. It only tidies: no place is offered to them
 * any more. Safe to call from any number of processes at once.
 *
 * @param storeMail stores the e-mail about the end of an entry
 * @returns how many entries ended
 */
export async function endWaitlistEntries(
  pool: pg.Pool,
  { signal, storeMail }: { signal?: AbortSignal | undefined; storeMail?: StoreEntryMail | null } = {},
): Promise<number> {
  let total = 0
  while (signal?.aborted !== true) {
    const ended = await inTransaction(pool, async (transaction) => {
      const { rows } = await transaction.query<{ id: string }>(
        sql`select id from holdfast.end_waitlist_entries(${entriesPerCallMax}) as id`,
      )
      for (const { id } of rows) await storeMail?.(transaction, id)
      return rows.length
    })
    total += ended
    if (ended < entriesPerCallMax) break
  }
  return total
}
