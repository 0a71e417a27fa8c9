import type { PersonalSectionRows } from '@holdfast/engine'
import type { AccountSection } from '@holdfast/vocabulary'
import type { Pool } from 'pg'
import sql, { type Sql } from 'sql-template-tag'

type AuthSource = {
  /** Of the schema `auth`. */
  tables: readonly string[]
  rows: (accountId: string) => Sql
}

/** What the schema `auth` has of an account that says something about its person. */
export const authSources = {
  account: {
    tables: ['user', 'account', 'emailLink', 'formerEmail'],
    rows: (accountId) => sql`
      select u.name, u.email, u."emailVerified", u."emailVerifiedAt", u.language, u."createdAt", u."updatedAt",
             u."firstSignInAt", u."factorRemovedAt",
             array(select l.email from "emailLink" l where l."userId" = u.id and l."expiresAt" > now()
                    order by l."sentAt") as "linksSentTo",
             array(select f."changedAt" from "formerEmail" f where f."userId" = u.id
                    order by f."changedAt") as "emailChangedAt"
        from "user" u where u.id = ${accountId}`,
  },
  sessions: {
    tables: ['session'],
    rows: (accountId) => sql`
      select s."createdAt", s."updatedAt" as "usedAt", s."expiresAt", s."userAgent", s."ipAddress"
        from session s where s."userId" = ${accountId} order by s."createdAt"`,
  },
  secondFactors: {
    tables: ['passkey', 'totp', 'recoveryCode'],
    rows: (accountId) => sql`
      select 'passkey' as kind, p.name, p."createdAt", p."usedAt" from passkey p where p."userId" = ${accountId}
       union all
      select 'app', null, t."confirmedAt", null from totp t
       where t."userId" = ${accountId} and t."confirmedAt" is not null
       union all
      select 'recovery codes: ' || count(*), null, null, null from "recoveryCode" r where r."userId" = ${accountId}
      having count(*) > 0`,
  },
} satisfies Partial<Record<AccountSection, AuthSource>>

/** @param pool connected with `search_path=auth` */
export async function accountData(pool: Pool, accountId: string): Promise<PersonalSectionRows<AccountSection>[]> {
  const names = Object.keys(authSources) as (keyof typeof authSources)[]
  return Promise.all(
    names.map(async (name) => ({
      name,
      rows: (await pool.query<Record<string, unknown>>(authSources[name].rows(accountId))).rows,
    })),
  )
}
