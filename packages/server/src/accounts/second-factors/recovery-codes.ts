import { createHash, randomInt } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import type { ChangeNotices, StoreChangeNotice } from '../notices/change-notices.ts'
import { isLiveSession } from '../sessions/sessions.ts'
import { type FactorCaller, factorCounts, withFactorsLocked } from './second-factors.ts'

export type RecoveryCodes = {
  /**
   * New codes, which void the earlier ones. Only their hashes are stored. `store` stores the notice of them.
   *
   * Locks: the row of `user`.
   */
  replace(caller: FactorCaller, store: StoreChangeNotice): Promise<ReplaceCodesOutcome>
  /** Accepts a code once. */
  use(transaction: PoolClient, accountId: string, code: string): Promise<boolean>
}

/** `missing`: no authenticator app is set up. `ended`: the session has ended meanwhile. */
export type ReplaceCodesOutcome =
  | { kind: 'replaced'; recoveryCodes: string[] }
  | { kind: 'missing' }
  | { kind: 'ended' }

const recoveryCodesCount = 10

/** It has no letters and digits that look alike. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'
const characters = 16

/** @param pool connected with `search_path=auth` */
export function createRecoveryCodes(pool: Pool, notices: ChangeNotices): RecoveryCodes {
  return {
    replace: ({ accountId, sessionId }, store) =>
      withFactorsLocked(pool, accountId, async (transaction) => {
        // A reset of the password has ended the sessions: nobody may get codes by one of them.
        if (!(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'ended' }
        if (!(await factorCounts(transaction, accountId)).hasTotp) return { kind: 'missing' }
        const recoveryCodes = await replaceRecoveryCodes(transaction, accountId)
        await notices.note(transaction, accountId, { change: 'recovery_codes', store })
        return { kind: 'replaced', recoveryCodes }
      }),
    async use(transaction, accountId, code) {
      const { rowCount } = await transaction.query(sql`
        delete from "recoveryCode" where "userId" = ${accountId} and hash = ${hashOf(accountId, code)}`)
      return rowCount === 1
    },
  }
}

/** New codes, which void the earlier ones. For a transaction that has locked the row of `user`. */
export async function replaceRecoveryCodes(transaction: PoolClient, accountId: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodesCount }, newCode)
  const hashes = codes.map((code) => hashOf(accountId, code))
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
