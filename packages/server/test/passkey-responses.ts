import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { isoCBOR } from '@simplewebauthn/server/helpers'

const userPresent = 0x01
const userVerified = 0x04
const hasCredential = 0x40

type Site = { origin: string; rpId: string }

/** Creates a passkey, and signs in with it. */
export type Authenticator = {
  /** What a browser sends when it has created the passkey (WebAuthn, attestation `none`). */
  created(challenge: string): RegistrationResponseJSON
  /** What it sends to sign in. */
  signed(challenge: string): AuthenticationResponseJSON
}

export function anAuthenticator({ origin, rpId }: Site): Authenticator {
  const id = randomBytes(16)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rpIdHash = createHash('sha256').update(rpId).digest()
  const credential = { id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' } as const
  const clientData = (type: string, challenge: string) => Buffer.from(JSON.stringify({ type, challenge, origin }))
  return {
    created(challenge) {
      const authData = Buffer.concat([
        rpIdHash,
        Buffer.from([userPresent | userVerified | hasCredential]),
        Buffer.alloc(4),
        Buffer.alloc(16),
        Buffer.from([0, id.length]),
        id,
        asCose(publicKey.export({ format: 'jwk' })),
      ])
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', new Uint8Array(authData)],
      ])
      const response = {
        clientDataJSON: clientData('webauthn.create', challenge).toString('base64url'),
        attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
        transports: ['internal' as const],
      }
      return { ...credential, clientExtensionResults: {}, response }
    },
    signed(challenge) {
      const authData = Buffer.concat([rpIdHash, Buffer.from([userPresent | userVerified]), Buffer.alloc(4)])
      const client = clientData('webauthn.get', challenge)
      const signedData = Buffer.concat([authData, createHash('sha256').update(client).digest()])
      const response = {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signedData, privateKey).toString('base64url'),
      }
      return { ...credential, clientExtensionResults: {}, response }
    },
  }
}

/** What a browser sends when it has created a passkey that is not needed afterwards. */
export function aCreatedPasskey(challenge: string, site: Site): RegistrationResponseJSON {
  return anAuthenticator(site).created(challenge)
}

/** A P-256 key as COSE (RFC 9053). */
function asCose({ x = '', y = '' }: { x?: string; y?: string }): Uint8Array {
  const key = new Map<number, unknown>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
    [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
  ])
  return isoCBOR.encode(key as never)
}
