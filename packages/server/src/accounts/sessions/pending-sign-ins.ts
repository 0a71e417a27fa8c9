import { createHash, randomBytes } from 'node:crypto'
import { linkTokenPattern } from '@holdfast/vocabulary'
import type { Pool, PoolClient } from 'pg'
import sql, { type Sql } from 'sql-template-tag'

/** Sign-ins whose password was right, and that still need a code. */
export type PendingSignIns = {
  /** A change or reset of the password voids it. */
  begin(accountId: string): Promise<PendingSignIn>
  /** The account of a pending sign-in; null: it was completed or voided, or has expired. */
  accountOf(challenge: string): Promise<string | null>
  /** false: it was completed or voided meanwhile, or has expired. */
  complete(transaction: PoolClient, challenge: string): Promise<boolean>
}

export type PendingSignIn = { challenge: string; expiresAt: Date }

const pendingMinutes = 10
const prefix = 'second-factor:'

/** Whether a value has the form of a challenge. */
export function isChallenge(value: unknown): value is string {
  return typeof value === 'string' && linkTokenPattern.test(value)
}

/**
 * Keeps sign-ins in the accounts library's table of tokens. Only digests of challenges are stored.
 *
 * @param pool connected with `search_path=auth`
 */
export function createPendingSignIns(pool: Pool): PendingSignIns {
  const isPending = (challenge: string) => sql`identifier = ${identifierOf(challenge)} and "expiresAt" > now()`
  return {
    async begin(accountId) {
      const challenge = randomBytes(24).toString('base64url')
      const { rows } = await pool.query<{ expiresAt: Date }>(sql`
        insert into verification (identifier, value, "expiresAt", "createdAt", "updatedAt")
        values (${identifierOf(challenge)}, ${accountId}, now() + make_interval(mins => ${pendingMinutes}),
          now(), now())
        returning "expiresAt"`)
      if (rows[0] === undefined) throw new Error('An insert returned no row.')
      return { challenge, expiresAt: rows[0].expiresAt }
    },
    async accountOf(challenge) {
      const { rows } = await pool.query<{ value: string }>(
        sql`select value from verification where ${isPending(challenge)}`,
      )
      return rows[0]?.value ?? null
    },
    async complete(transaction, challenge) {
      const { rowCount } = await transaction.query(sql`delete from verification where ${isPending(challenge)}`)
      return rowCount === 1
    },
  }
}

/** Deletes all of an account. */
export function pendingSignInsVoided(accountId: string): Sql {
  return sql`delete from verification where value = ${accountId} and identifier like ${`${prefix}%`}`
}

function identifierOf(challenge: string): string {
  return prefix + createHash('sha256').update(challenge).digest('base64url')
}
