import { Secret, TOTP } from 'otpauth'
import type { Pool, PoolClient } from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { isLiveSession } from '../sessions/sessions.ts'
import { type FactorCaller, withFactorsLocked } from './second-factors.ts'
import type { SecretBox } from './secret-box.ts'

/** Codes of an authenticator app (TOTP, RFC 6238): six digits that change every 30 seconds. */
export type Totp = {
  /**
   * Stores a new secret. Once a code of it was entered, signing in requires one.
   *
   * Locks: the row of `user`.
   */
  begin(caller: FactorCaller & { email: string }): Promise<BeginTotpOutcome>
  /** Turns the new secret on with its first code. `missing`: there is none, or it is older than ten minutes. */
  confirm(transaction: PoolClient, accountId: string, code: string): Promise<CodeOutcome>
  /** Accepts a code once, with one step of tolerance for the phone's clock. `missing`: the account has no secret. */
  verify(transaction: PoolClient, accountId: string, code: string): Promise<CodeOutcome>
}

/** `secret` in base 32, to be typed; `uri` for a QR code. */
export type NewTotp = { secret: string; uri: string }

/** `exists`: the account has an app already. `ended`: the session has ended meanwhile. */
export type BeginTotpOutcome = ({ kind: 'begun' } & NewTotp) | { kind: 'exists' } | { kind: 'ended' }

export type CodeOutcome = { kind: 'accepted' } | { kind: 'wrong' } | { kind: 'used' } | { kind: 'missing' }

/** Authenticator apps ignore other values. */
const form = { issuer: 'Holdfast', algorithm: 'SHA1', digits: 6, period: 30 }
const secretBytes = 20
const toleratedSteps = 1
const setUpMinutesMax = 10

const isOn = sql`"confirmedAt" is not null`
const isBegun = sql`"confirmedAt" is null and "begunAt" > now() - make_interval(mins => ${setUpMinutesMax})`

/**
 * @param pool connected with `search_path=auth`
 * @param now the clock of this process, in milliseconds
 */
export function createTotp(pool: Pool, box: SecretBox, now: () => number = Date.now): Totp {
  /** The step of a code; null: it is no code of these minutes. */
  function stepOf(secret: string, code: string): number | null {
    const timestamp = now()
    const delta = new TOTP({ ...form, secret: Secret.fromBase32(secret) }).validate({
      token: code,
      timestamp,
      window: toleratedSteps,
    })
    return delta === null ? null : TOTP.counter({ period: form.period, timestamp }) + delta
  }

  async function accept(
    transaction: PoolClient,
    condition: Sql,
    { accountId, code }: { accountId: string; code: string },
  ): Promise<CodeOutcome> {
    const { rows } = await transaction.query<{ secret: string }>(
      sql`select secret from totp where "userId" = ${accountId} and ${condition}`,
    )
    const stored = rows[0]?.secret
    if (stored === undefined) return { kind: 'missing' }
    const secret = await box.open(stored)
    // After `holdfast forget-secret` no code is right; recovery codes are.
    const step = secret === null ? null : stepOf(secret, code)
    if (step === null) return { kind: 'wrong' }
    // One statement decides between two requests with the same code.
    const { rowCount } = await transaction.query(sql`
      update totp set "lastStep" = ${step}, "confirmedAt" = coalesce("confirmedAt", now())
       where "userId" = ${accountId} and secret = ${stored} and "lastStep" < ${step}`)
    return { kind: rowCount === 1 ? 'accepted' : 'used' }
  }

  return {
    async begin({ accountId, sessionId, email }) {
      const secret = new Secret({ size: secretBytes })
      const sealed = await box.seal(secret.base32)
      return withFactorsLocked(pool, accountId, async (transaction) => {
        // A reset of the password has ended the sessions: no secret may follow from them.
        if (!(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'ended' }
        const { rowCount } = await transaction.query(sql`
          insert into totp ("userId", secret, "begunAt", "lastStep") values (${accountId}, ${sealed}, now(), 0)
          on conflict ("userId") do update set secret = excluded.secret, "begunAt" = excluded."begunAt"
           where totp."confirmedAt" is null`)
        if (rowCount === 0) return { kind: 'exists' }
        const uri = new TOTP({ ...form, label: email, secret }).toString()
        return { kind: 'begun', secret: secret.base32, uri }
      })
    },
    confirm: (transaction, accountId, code) => accept(transaction, isBegun, { accountId, code }),
    verify: (transaction, accountId, code) => accept(transaction, isOn, { accountId, code }),
  }
}
