import { createHash, randomBytes } from 'node:crypto'

/** What an invitation's token consists of: which one it is, and the hash of its secret, which alone is stored. */
export type InvitationToken = { id: string; hash: Buffer }

const idBytes = 16
const secretBytes = 32
const tokenPattern = /^[A-Za-z0-9_-]{64}$/

/** A new token for the invitation with this id: the id and 256 random bits, as 64 base64url characters. */
export function newInvitationToken(id: string): { token: string; hash: Buffer } {
  const secret = randomBytes(secretBytes)
  const idPart = Buffer.from(id.replaceAll('-', ''), 'hex')
  return { token: Buffer.concat([idPart, secret]).toString('base64url'), hash: hashOf(secret) }
}

/** null: the text is no token. */
export function parseInvitationToken(token: string): InvitationToken | null {
  if (!tokenPattern.test(token)) return null
  const bytes = Buffer.from(token, 'base64url')
  const hex = bytes.toString('hex', 0, idBytes)
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { id, hash: hashOf(bytes.subarray(idBytes)) }
}

/** A single SHA-256 is enough: nobody can guess 256 random bits. */
function hashOf(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest()
}
