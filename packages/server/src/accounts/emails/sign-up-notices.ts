import { createHash } from 'node:crypto'
import { inTransaction, normalizedEmail } from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'

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
        const value = `sign-up-notice ${account.id}`
        const identifier = createHash('sha256').update(value).digest('base64url')
        await transaction.query(sql`
          delete from verification where identifier = ${identifier} and "expiresAt" <= now()`)
        const { rowCount } = await transaction.query(sql`
          insert into verification (identifier, value, "expiresAt", "createdAt", "updatedAt")
          select ${identifier}, ${value}, now() + interval '1 day', now(), now()
           where not exists (select from verification where identifier = ${identifier})`)
        if (rowCount === 1) await store(transaction, account.email)
      }),
  }
}
