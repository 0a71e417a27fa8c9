import { randomUUID } from 'node:crypto'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type { PoolClient } from 'pg'
import sql from 'sql-template-tag'
import type { RightsSource } from '../sessions/rights-source.ts'
import { areRecentRemovable, isLongProven, undoHours } from './long-proven-address.ts'
import { countNotice } from './notices-per-day.ts'

/** What is needed to sign in and was changed: the password, or a second factor that is new, removed or replaced. */
export type NoticedChange = 'password' | 'app' | 'passkey' | 'app_removed' | 'passkey_removed' | 'recovery_codes'

/**
 * The address to notify of a change. `removableHours`: how long a link for a new password that is sent there removes a
 * second factor which is new; null: it removes none. `areFactorsRemoved`: it has.
 */
export type ChangeNotice = {
  email: string
  language: MessageLanguage
  at: Date
  removableHours: number | null
  areFactorsRemoved: boolean
}

export type StoreChangeNotice = (transaction: PoolClient, notice: ChangeNotice) => Promise<void>

export type ChangeNotices = {
  /**
   * Notes a change in its transaction, which has locked the row of `user`. `store` stores the notice for the account's
   * person; not if the address may be somebody else's, as of sign-ins, nor the sixth of a kind in a day.
   */
  note(
    transaction: PoolClient,
    accountId: string,
    noted: { change: NoticedChange; areFactorsRemoved?: boolean; store: StoreChangeNotice },
  ): Promise<void>
}

/** Whoever has an account can change it as often as they like. */
const noticesPerDayMax = 5

export function createChangeNotices({ hasRole }: Pick<RightsSource, 'hasRole'>): ChangeNotices {
  return {
    async note(transaction, accountId, { change, areFactorsRemoved = false, store }) {
      const { rows } = await transaction.query<ChangeNotice & { isConfirmed: boolean }>(sql`
        select u.email, coalesce(u.language, 'en') as language, now() as at, u."emailVerified" as "isConfirmed",
               case when ${isLongProven} and ${areRecentRemovable} then ${undoHours}::integer end as "removableHours",
               ${areFactorsRemoved}::boolean as "areFactorsRemoved"
          from "user" u where u.id = ${accountId}`)
      const [account] = rows
      if (account === undefined) return
      if (!account.isConfirmed && !(await hasRole(transaction, accountId))) return
      const counted = { kind: `${change}-notice`, about: randomUUID(), perDayMax: noticesPerDayMax }
      if (await countNotice(transaction, accountId, counted)) await store(transaction, account)
    },
  }
}
