import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { decodeClientDataJSON } from '@simplewebauthn/server/helpers'
import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import type { Auth } from './auth.ts'
import type { PasskeySite } from './passkey-site.ts'

/** A passkey as its account may see it. */
export type PasskeyCard = { id: string; name: string; createdAt: Date; usedAt: Date | null }

type Owner = { accountId: string; email: string; name: string }

/** Passkeys (WebAuthn). Each counts as both factors: the device checks its user by a PIN, a finger or a face. */
export type Passkeys = {
  list(accountId: string): Promise<PasskeyCard[]>
  /** What the browser needs to create a passkey, within five minutes. null: the account has 20. */
  creationOptions(site: PasskeySite, owner: Owner): Promise<PublicKeyCredentialCreationOptionsJSON | null>
  /** Stores a passkey that the browser created; null: its response is not valid here, or was used before. */
  add(site: PasskeySite, accountId: string, added: AddedPasskey): Promise<PasskeyCard | null>
  /** false: the account has no such passkey. */
  rename(accountId: string, id: string, name: string): Promise<boolean>
  /** What the browser needs to sign in, within five minutes. */
  requestOptions(site: PasskeySite): Promise<PublicKeyCredentialRequestOptionsJSON>
  /** The account of a passkey's signature; null: it is not valid here, or was used before. */
  verify(site: PasskeySite, response: AuthenticationResponseJSON): Promise<string | null>
}

export type AddedPasskey = { name: string; response: RegistrationResponseJSON }

const passkeysMax = 20
const challengeMs = 5 * 60_000

/** The authenticator must check its user, and must find the passkey without the account's name. */
const authenticatorSelection = { residentKey: 'required', userVerification: 'required' } as const

type Row = { id: string; userId: string; publicKey: string; counter: number; transports: string }

/** @param pool connected with `search_path=auth` */
export function createPasskeys(pool: Pool, auth: Auth): Passkeys {
  const challenges = challengesOf(auth)
  return {
    list: (accountId) => listed(pool, accountId),

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

    async add(site, accountId, { name, response }) {
      const expectedChallenge = await challenges.consume(response, `add ${accountId}`)
      if (expectedChallenge === null) return null
      const verification = await verifyRegistrationResponse({
        response,
        expectedChallenge,
        expectedOrigin: site.origin,
        expectedRPID: site.rpId,
        requireUserVerification: true,
      }).catch(() => null)
      if (verification === null || !verification.verified) return null
      const { id, publicKey, counter, transports = [] } = verification.registrationInfo.credential
      const { rows } = await pool.query<PasskeyCard>(sql`
        insert into passkey ("userId", name, "credentialId", "publicKey", counter, transports, "createdAt")
        values (${accountId}, ${name}, ${id}, ${Buffer.from(publicKey).toString('base64url')}, ${counter},
          ${JSON.stringify(transports)}, now())
        on conflict ("credentialId") do nothing
        returning id::text, name, "createdAt", "usedAt"`)
      return rows[0] ?? null
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
      return rowCount === 1 ? passkey.userId : null
    },
  }
}

async function listed(pool: Pool, accountId: string): Promise<PasskeyCard[]> {
  const { rows } = await pool.query<PasskeyCard>(sql`
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
