import { inTransaction } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import { countNotice } from '../notices/notices-per-day.ts'
import type { RightsSource } from '../sessions/rights-source.ts'

/** The address to notify of a sign-in. */
export type SignInNotice = { email: string; language: MessageLanguage; at: Date }

export type SignInNotices = {
  /**
   * Notes a sign-in. `store` stores the notice of it in the same transaction. Nobody is notified if it was the
   * account's first, or in a browser where the account was used before, or one like it was announced within a day; or
   * if the address may be somebody else's, because it was never confirmed and the account has no role.
   */
  noteSignIn(
    accountId: string,
    signIn: { isKnownBrowser: boolean; userAgent: string; language: MessageLanguage | null },
    store: (transaction: PoolClient, notice: SignInNotice) => Promise<void>,
  ): Promise<void>
}

/** Programs and private windows keep no cookies, so that every sign-in of theirs seems to be in a new browser. */
const noticesPerDayMax = 5

/** @param pool connected with `search_path=auth` */
export function createSignInNotices(pool: Pool, { hasRole }: Pick<RightsSource, 'hasRole'>): SignInNotices {
  return {
    noteSignIn: (accountId, { isKnownBrowser, userAgent, language }, store) =>
      inTransaction(pool, async (transaction) => {
        const { rows: before } = await transaction.query<{ isComplete: boolean }>(sql`
          select "firstSignInAt" is not null and language is not null as "isComplete"
            from "user" where id = ${accountId}`)
        const [noted] = before
        if (noted === undefined || (noted.isComplete && isKnownBrowser)) return
        // If there are two at the same time, the second waits for the first.
        const { rows } = await transaction.query<SignInNotice & { isFirst: boolean; isConfirmed: boolean }>(sql`
          update "user" u
             set "firstSignInAt" = coalesce("firstSignInAt", now()), language = coalesce(language, ${language})
           where id = ${accountId}
          returning email, coalesce(language, 'en') as language, now() as at, "firstSignInAt" = now() as "isFirst",
            "emailVerified" as "isConfirmed"`)
        const [account] = rows
        if (account === undefined || account.isFirst || isKnownBrowser) return
        if (!account.isConfirmed && !(await hasRole(transaction, accountId))) return
        const counted = { kind: 'sign-in-notice', about: userAgent, perDayMax: noticesPerDayMax }
        if (await countNotice(transaction, accountId, counted)) await store(transaction, account)
      }),
  }
}
