import { inTransaction, normalizedEmail } from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import { countNotice } from '../notices/notices-per-day.ts'

export type SignUpNotices = {
  /**
   * Notes that somebody tried to sign up with the address of an account. `store` stores the notice for its owner in the
   * same transaction, once a day; not of an account of the last minutes, whose owner has sent the form twice.
   */
  noteSignUp(email: string, store: (transaction: PoolClient, email: string) => Promise<void>): Promise<void>
}

const formMinutes = 15

/** @param pool connected with `search_path=auth` */
export function createSignUpNotices(pool: Pool): SignUpNotices {
  return {
    noteSignUp: (email, store) =>
      inTransaction(pool, async (transaction) => {
        // If there are two at the same time, the second waits for the first.
        const { rows } = await transaction.query<{ id: string; email: string }>(sql`
          select id::text, email from "user"
           where email = ${normalizedEmail(email)}
             and "createdAt" < now() - make_interval(mins => ${formMinutes})
             for no key update`)
        const [account] = rows
        if (account === undefined) return
        const counted = { kind: 'sign-up-notice', about: 'the address', perDayMax: 1 }
        if (await countNotice(transaction, account.id, counted)) await store(transaction, account.email)
      }),
  }
}
