import { createHash } from 'node:crypto'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from '@simplewebauthn/server'
import { decodeClientDataJSON } from '@simplewebauthn/server/helpers'
import type { Pool, PoolClient } from 'pg'
import sql from 'sql-template-tag'
import type { ChangeNotices, StoreChangeNotice } from '../notices/change-notices.ts'
import type { Principals } from '../sessions/principals.ts'
import { type AlsoWrite, isLiveSession } from '../sessions/sessions.ts'
import { type SessionOrigin, startSession } from '../sessions/start-session.ts'
import type { PasskeySite } from './passkey-site.ts'
import { type FactorCaller, noteAddition, withFactorsLocked } from './second-factors.ts'
import { factorShown } from './shown-factors.ts'

/** A passkey as its account may see it. */
export type PasskeyCard = { id: string; name: string; createdAt: Date; usedAt: Date | null }

type Owner = { accountId: string; email: string; name: string }

/** Passkeys (WebAuthn). Each counts as both factors: the device checks its user by a PIN, a finger or a face. */
export type Passkeys = {
  list(accountId: string): Promise<PasskeyCard[]>
  /** What the browser needs to create a passkey, within five minutes. null: the account has 20. */
  creationOptions(site: PasskeySite, owner: Owner): Promise<PublicKeyCredentialCreationOptionsJSON | null>
  /**
   * Stores a passkey that the browser created. It counts as shown in the caller's session. `store` stores the notice of
   * it.
   */
  add(
    site: PasskeySite,
    caller: FactorCaller,
    added: AddedPasskey,
    store: StoreChangeNotice,
  ): Promise<AddPasskeyOutcome>
  /** Locks: the row of `user`. */
  rename(caller: FactorCaller, id: string, name: string): Promise<PasskeyRenaming>
  /** What the browser needs to sign in, within five minutes. */
  requestOptions(site: PasskeySite): Promise<PublicKeyCredentialRequestOptionsJSON>
  /** Checks a passkey's signature, and writes nothing. null: it is not valid here. */
  verify(site: PasskeySite, response: AuthenticationResponseJSON): Promise<VerifiedPasskey | null>
  /**
   * Uses a signature up and starts the session. @returns its token, unsigned; null: the signature was used before, or
   * the passkey was removed or used meanwhile
   *
   * Locks: the row of `user`, then the challenge, then the passkey.
   */
  signIn(verified: VerifiedPasskey, from: SessionOrigin): Promise<string | null>
}

/**
 * `refused`: the response is not valid here, or was used before, or the session has ended meanwhile. `too_many`: the
 * account has 20.
 */
export type AddPasskeyOutcome = { kind: 'added'; passkey: PasskeyCard } | { kind: 'refused' } | { kind: 'too_many' }

/** `missing`: the account has no such passkey. `ended`: the session has ended meanwhile. */
export type PasskeyRenaming = { kind: 'renamed' | 'missing' | 'ended' }

export type VerifiedPasskey = { accountId: string; id: string; challenge: string; counter: number; newCounter: number }

export type AddedPasskey = { name: string; response: RegistrationResponseJSON }

const passkeysMax = 20
const challengeMs = 5 * 60_000
const signInPurpose = 'sign-in'

/** The authenticator must check its user, and must find the passkey without the account's name. */
const authenticatorSelection = { residentKey: 'required', userVerification: 'required' } as const

type Row = { id: string; userId: string; publicKey: string; counter: number; transports: string }

/** @param pool connected with `search_path=auth` */
export function createPasskeys(pool: Pool, principals: Pick<Principals, 'forget'>, notices: ChangeNotices): Passkeys {
  return {
    list: (accountId) => listPasskeys(pool, accountId),

    async creationOptions({ rpId }, { accountId, email, name }) {
      const { rows } = await pool.query<{ id: string; transports: string }>(
        sql`select "credentialId" as id, transports from passkey where "userId" = ${accountId}`,
      )
      if (rows.length >= passkeysMax) return null
      const options = await generateRegistrationOptions({
        rpName: 'Holdfast',
        rpID: rpId,
        userID: new TextEncoder().encode(accountId),
        userName: email,
        userDisplayName: name,
        timeout: challengeMs,
        attestationType: 'none',
        authenticatorSelection,
        excludeCredentials: rows.map(({ id, transports }) => ({ id, transports: JSON.parse(transports) })),
      })
      await storeChallenge(pool, options.challenge, `add ${accountId}`)
      return options
    },

    async add(site, caller, { name, response }, store) {
      const challenge = challengeIn(response)
      if (challenge === null) return { kind: 'refused' }
      const verification = await verifyRegistrationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: site.origin,
        expectedRPID: site.rpId,
        requireUserVerification: true,
      }).catch(() => null)
      if (verification === null || !verification.verified) return { kind: 'refused' }
      const { credential } = verification.registrationInfo
      const notice = (transaction: PoolClient) =>
        notices.note(transaction, caller.accountId, { change: 'passkey', store })
      const outcome = await stored(pool, caller, { challenge, name, credential }, notice)
      if (outcome.kind === 'added') await principals.forget(caller.accountId)
      return outcome
    },

    rename: ({ accountId, sessionId }, id, name) =>
      withFactorsLocked(pool, accountId, async (transaction) => {
        // Whoever has reset the password has ended the sessions: none of them may give a key another one's name.
        if (!(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'ended' }
        const { rowCount } = await transaction.query(
          sql`update passkey set name = ${name} where id = ${id} and "userId" = ${accountId}`,
        )
        return { kind: rowCount === 1 ? 'renamed' : 'missing' }
      }),

    async requestOptions({ rpId }) {
      const { userVerification } = authenticatorSelection
      const options = await generateAuthenticationOptions({ rpID: rpId, userVerification, timeout: challengeMs })
      await storeChallenge(pool, options.challenge, signInPurpose)
      return options
    },

    async verify(site, response) {
      const { rows } = await pool.query<Row>(sql`
        select id::text, "userId"::text, "publicKey", counter::float8 as counter, transports
          from passkey where "credentialId" = ${response.id}`)
      const passkey = rows[0]
      if (passkey === undefined) return null
      const challenge = challengeIn(response)
      if (challenge === null) return null
      const { id, userId: accountId, counter } = passkey
      const verification = await verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: site.origin,
        expectedRPID: site.rpId,
        credential: {
          id: response.id,
          publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')),
          counter,
          transports: JSON.parse(passkey.transports),
        },
        requireUserVerification: true,
      }).catch(() => null)
      if (verification === null || !verification.verified) return null
      return { accountId, id, challenge, counter, newCounter: verification.authenticationInfo.newCounter }
    },

    signIn: (verified, from) => signedIn(pool, verified, from),
  }
}

function signedIn(
  pool: Pool,
  { accountId, id, challenge, counter, newCounter }: VerifiedPasskey,
  from: SessionOrigin,
): Promise<string | null> {
  return withFactorsLocked(pool, accountId, async (transaction) => {
    if (!(await consumeChallenge(transaction, challenge, signInPurpose))) return null
    const { rowCount } = await transaction.query(sql`
      update passkey set counter = ${newCounter}, "usedAt" = now() where id = ${id} and counter = ${counter}`)
    if (rowCount !== 1) return null
    const token = await startSession(transaction, accountId, from)
    await transaction.query(factorShown(accountId, { token }))
    return token
  })
}

/**
 * Stores a passkey unless the account has 20, uses up the challenge, and marks the session.
 *
 * Locks: the row of `user`, so that two at the same time are counted one after another; then the challenge.
 */
function stored(
  pool: Pool,
  { accountId, sessionId }: FactorCaller,
  { challenge, name, credential }: { challenge: string; name: string; credential: WebAuthnCredential },
  notice: AlsoWrite,
): Promise<AddPasskeyOutcome> {
  const { id, publicKey, counter, transports = [] } = credential
  return withFactorsLocked(pool, accountId, async (transaction) => {
    // A reset of the password has removed the passkeys and ended the sessions: no other may follow from them.
    if (!(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'refused' }
    const { rows: others } = await transaction.query<{ count: number }>(
      sql`select count(*)::integer as count from passkey where "userId" = ${accountId}`,
    )
    if ((others[0]?.count ?? 0) >= passkeysMax) return { kind: 'too_many' }
    if (!(await consumeChallenge(transaction, challenge, `add ${accountId}`))) return { kind: 'refused' }
    const { rows } = await transaction.query<PasskeyCard>(sql`
      insert into passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
      values (${accountId}, ${name}, ${id}, ${Buffer.from(publicKey).toString('base64url')}, ${counter},
        ${JSON.stringify(transports)}, now())
      on conflict ("credentialId") do nothing
      returning id::text, name, "createdAt", "usedAt"`)
    if (rows[0] === undefined) return { kind: 'refused' }
    await noteAddition(transaction, { accountId, sessionId })
    await transaction.query(factorShown(accountId, { id: sessionId }))
    await notice(transaction)
    return { kind: 'added', passkey: rows[0] }
  })
}

/** The passkeys of an account, the oldest first. */
export async function listPasskeys(db: Pick<PoolClient, 'query'>, accountId: string): Promise<PasskeyCard[]> {
  const { rows } = await db.query<PasskeyCard>(sql`
    select id::text, name, "createdAt", "usedAt" from passkey
     where "userId" = ${accountId} order by "createdAt", id limit ${passkeysMax}`)
  return rows
}

/** Stores a challenge in the accounts library's table of tokens. Only digests of challenges are stored. */
async function storeChallenge(pool: Pool, challenge: string, purpose: string): Promise<void> {
  await pool.query(sql`
    insert into verification (identifier, value, "expiresAt", "createdAt", "updatedAt")
    values (${identifierOf(challenge)}, ${`passkey ${purpose}`},
      now() + make_interval(secs => ${challengeMs / 1000}), now(), now())`)
}

/** false: it was stored for another purpose, was used before, or has expired. */
async function consumeChallenge(transaction: PoolClient, challenge: string, purpose: string): Promise<boolean> {
  const { rowCount } = await transaction.query(sql`
    delete from verification
     where identifier = ${identifierOf(challenge)} and value = ${`passkey ${purpose}`} and "expiresAt" > now()`)
  return rowCount === 1
}

function identifierOf(challenge: string): string {
  return createHash('sha256').update(`passkey:${challenge}`).digest('base64url')
}

/** The challenge that a response names; null: none. */
function challengeIn({ response }: { response: { clientDataJSON: string } }): string | null {
  try {
    const { challenge } = decodeClientDataJSON(response.clientDataJSON)
    return typeof challenge === 'string' ? challenge : null
  } catch {
    return null
  }
}
