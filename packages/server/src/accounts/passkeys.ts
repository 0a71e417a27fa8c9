import { inTransaction } from '@holdfast/engine'
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
import type { Auth } from './auth.ts'
import type { PasskeySite } from './passkey-site.ts'
import type { Principals } from './principals.ts'
import { isLiveSession, type Sessions, type SignInMark } from './sessions.ts'
import { factorShown } from './shown-factors.ts'

/** A passkey as its account may see it. */
export type PasskeyCard = { id: string; name: string; createdAt: Date; usedAt: Date | null }

type Owner = { accountId: string; email: string; name: string }

/** Passkeys (WebAuthn). Each counts as both factors: the device checks its user by a PIN, a finger or a face. */
export type Passkeys = {
  list(accountId: string): Promise<PasskeyCard[]>
  /** What the browser needs to create a passkey, within five minutes. null: the account has 20. */
  creationOptions(site: PasskeySite, owner: Owner): Promise<PublicKeyCredentialCreationOptionsJSON | null>
  /** Stores a passkey that the browser created. It counts as shown in the caller's session. */
  add(
    site: PasskeySite,
    caller: { accountId: string; sessionId: string },
    added: AddedPasskey,
  ): Promise<AddPasskeyOutcome>
  /** false: the account has no such passkey. */
  rename(accountId: string, id: string, name: string): Promise<boolean>
  /** What the browser needs to sign in, within five minutes. */
  requestOptions(site: PasskeySite): Promise<PublicKeyCredentialRequestOptionsJSON>
  /** The account of a passkey's signature; null: it is not valid here, or was used before. */
  verify(site: PasskeySite, response: AuthenticationResponseJSON): Promise<PasskeySignIn | null>
}

/**
 * `refused`: the response is not valid here, or was used before, or the session has ended meanwhile. `too_many`: the
 * account has 20.
 */
export type AddPasskeyOutcome = { kind: 'added'; passkey: PasskeyCard } | { kind: 'refused' } | { kind: 'too_many' }

/** `mark`: of the account, read before the passkey was checked. */
export type PasskeySignIn = { accountId: string; mark: SignInMark }

export type AddedPasskey = { name: string; response: RegistrationResponseJSON }

const passkeysMax = 20
const challengeMs = 5 * 60_000

/** The authenticator must check its user, and must find the passkey without the account's name. */
const authenticatorSelection = { residentKey: 'required', userVerification: 'required' } as const

type Row = { id: string; userId: string; publicKey: string; counter: number; transports: string }

/** @param pool connected with `search_path=auth` */
export function createPasskeys(
  pool: Pool,
  auth: Auth,
  sessions: Pick<Sessions, 'signInMark'>,
  principals: Pick<Principals, 'forget'>,
): Passkeys {
  const challenges = challengesOf(auth)
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
      await challenges.store(options.challenge, `add ${accountId}`)
      return options
    },

    async add(site, caller, { name, response }) {
      const { accountId } = caller
      const expectedChallenge = await challenges.consume(response, `add ${accountId}`)
      if (expectedChallenge === null) return { kind: 'refused' }
      const verification = await verifyRegistrationResponse({
        response,
        expectedChallenge,
        expectedOrigin: site.origin,
        expectedRPID: site.rpId,
        requireUserVerification: true,
      }).catch(() => null)
      if (verification === null || !verification.verified) return { kind: 'refused' }
      const outcome = await stored(pool, caller, name, verification.registrationInfo.credential)
      if (outcome.kind === 'added') await principals.forget(accountId)
      return outcome
    },

    async rename(accountId, id, name) {
      const { rowCount } = await pool.query(
        sql`update passkey set name = ${name} where id = ${id} and "userId" = ${accountId}`,
      )
      return rowCount === 1
    },

    async requestOptions({ rpId }) {
      const { userVerification } = authenticatorSelection
      const options = await generateAuthenticationOptions({ rpID: rpId, userVerification, timeout: challengeMs })
      await challenges.store(options.challenge, 'sign-in')
      return options
    },

    async verify(site, response) {
      const { rows } = await pool.query<Row>(sql`
        select id::text, "userId"::text, "publicKey", counter::float8 as counter, transports
          from passkey where "credentialId" = ${response.id}`)
      const passkey = rows[0]
      if (passkey === undefined) return null
      const { userId: accountId } = passkey
      const mark = await sessions.signInMark({ accountId })
      const expectedChallenge = await challenges.consume(response, 'sign-in')
      if (expectedChallenge === null) return null
      const verification = await verifyAuthenticationResponse({
        response,
        expectedChallenge,
        expectedOrigin: site.origin,
        expectedRPID: site.rpId,
        credential: {
          id: response.id,
          publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, 'base64url')),
          counter: passkey.counter,
          transports: JSON.parse(passkey.transports),
        },
        requireUserVerification: true,
      }).catch(() => null)
      if (verification === null || !verification.verified) return null
      const { newCounter } = verification.authenticationInfo
      const { rowCount } = await pool.query(sql`
        update passkey set counter = ${newCounter}, "usedAt" = now()
         where id = ${passkey.id} and counter = ${passkey.counter}`)
      return rowCount === 1 ? { accountId, mark } : null
    },
  }
}

/**
 * Stores a passkey unless the account has 20, and marks the session.
 *
 * Locks: the row of `user`, so that two at the same time are counted one after another.
 */
function stored(
  pool: Pool,
  { accountId, sessionId }: { accountId: string; sessionId: string },
  name: string,
  { id, publicKey, counter, transports = [] }: WebAuthnCredential,
): Promise<AddPasskeyOutcome> {
  return inTransaction(pool, async (transaction) => {
    await transaction.query(sql`select from "user" where id = ${accountId} for no key update`)
    // A reset of the password has removed the passkeys and ended the sessions: no other may follow from them.
    if (!(await isLiveSession(transaction, accountId, sessionId))) return { kind: 'refused' }
    const { rows: others } = await transaction.query<{ count: number }>(
      sql`select count(*)::integer as count from passkey where "userId" = ${accountId}`,
    )
    if ((others[0]?.count ?? 0) >= passkeysMax) return { kind: 'too_many' }
    const { rows } = await transaction.query<PasskeyCard>(sql`
      insert into passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
      values (${accountId}, ${name}, ${id}, ${Buffer.from(publicKey).toString('base64url')}, ${counter},
        ${JSON.stringify(transports)}, now())
      on conflict ("credentialId") do nothing
      returning id::text, name, "createdAt", "usedAt"`)
    if (rows[0] === undefined) return { kind: 'refused' }
    await transaction.query(factorShown(accountId, { id: sessionId }))
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

/** Challenges are stored as digests, and are valid once. */
function challengesOf(auth: Auth) {
  const identifierOf = (challenge: string) => `passkey:${challenge}`
  return {
    async store(challenge: string, purpose: string): Promise<void> {
      const { internalAdapter } = await auth.$context
      const expiresAt = new Date(Date.now() + challengeMs)
      await internalAdapter.createVerificationValue({
        identifier: identifierOf(challenge),
        value: `passkey ${purpose}`,
        expiresAt,
      })
    },
    /** The challenge that a response names, if it was stored for this purpose. */
    async consume({ response }: SignedResponse, purpose: string): Promise<string | null> {
      const challenge = challengeIn(response.clientDataJSON)
      if (challenge === null) return null
      const { internalAdapter } = await auth.$context
      const found = await internalAdapter.consumeVerificationValue(identifierOf(challenge))
      return found?.value === `passkey ${purpose}` ? challenge : null
    },
  }
}

type SignedResponse = { response: { clientDataJSON: string } }

function challengeIn(clientDataJson: string): string | null {
  try {
    const { challenge } = decodeClientDataJSON(clientDataJson)
    return typeof challenge === 'string' ? challenge : null
  } catch {
    return null
  }
}
