import { createHash, randomInt } from 'node:crypto'
import { inTransaction } from '@holdfast/engine'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'

export type RecoveryCodes = {
  /** New codes, which void the earlier ones. Only their hashes are stored. */
  replace(accountId: string): Promise<string[]>
  /** Accepts a code once. */
  use(transaction: PoolClient, accountId: string, code: string): Promise<boolean>
}

const recoveryCodesCount = 10

/** It has no letters and digits that look alike. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'
const characters = 16

/** @param pool connected with `search_path=auth` */
export function createRecoveryCodes(pool: Pool): RecoveryCodes {
  return {
    replace: (accountId) => inTransaction(pool, (transaction) => replaceRecoveryCodes(transaction, accountId)),
    async use(transaction, accountId, code) {
      const { rowCount } = await transaction.query(sql`
        delete from "recoveryCode" where "userId" = ${accountId} and hash = ${hashOf(accountId, code)}`)
      return rowCount === 1
    },
  }
}

/**
 * New codes, which void the earlier ones.
 *
 * Locks: the row of `totp`.
 */
export async function replaceRecoveryCodes(transaction: PoolClient, accountId: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodesCount }, newCode)
  const hashes = codes.map((code) => hashOf(accountId, code))
  // If there are two at the same time, the second waits, and voids the codes of the first.
  await transaction.query(sql`select from totp where "userId" = ${accountId} for no key update`)
  await transaction.query(sql`
    with earlier as (delete from "recoveryCode" where "userId" = ${accountId})
    insert into "recoveryCode" ("userId", hash) select ${accountId}, hash from unnest(${hashes}::text[]) hash`)
  return codes
}

/** Whether a text has the form of a recovery code, however it is grouped. */
export function isRecoveryCode(text: string): boolean {
  return normalized(text).length === characters
}

/** `abcd-efgh-jkmn-pqrs`, with 79 random bits: a plain hash is as good as a slow one. */
function newCode(): string {
  const code = Array.from({ length: characters }, () => alphabet[randomInt(alphabet.length)]).join('')
  return code.replaceAll(/.{4}(?=.)/g, '$&-')
}

function hashOf(accountId: string, code: string): string {
  return createHash('sha256')
    .update(`${accountId} ${normalized(code)}`)
    .digest('base64url')
}

function normalized(code: string): string {
  return code.toLowerCase().replaceAll(/[\s-]/g, '')
}
