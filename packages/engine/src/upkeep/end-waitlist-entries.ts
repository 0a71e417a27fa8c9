import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import { repeatUntilFewer } from '../database/repeat-until-fewer.ts'
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
  const step = () =>
    inTransaction(pool, async (transaction) => {
      const { rows } = await transaction.query<{ id: string }>(
        // In the order in which their addresses are locked, when the e-mails are counted.
        sql`
          select e.id
            from holdfast.end_waitlist_entries(${entriesPerCallMax}) as ended(id)
            join holdfast.waitlist_entry e on e.clinic_no = holdfast.clinic_no_of(ended.id) and e.id = ended.id
           order by e.clinic_no, lower(e.patient->>'email'), e.id`,
      )
      for (const { id } of rows) await storeMail?.(transaction, id)
      return rows.length
    })
  return await repeatUntilFewer(entriesPerCallMax, step, signal)
}
