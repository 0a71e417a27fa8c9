import { createHash, randomBytes } from 'node:crypto'

const secretBytes = 32
const fileNamePattern = /^([A-Za-z0-9_-]{43})\.ics$/

/** A new token of 256 random bits as the name of a feed's file, and its hash, which alone is stored. */
export function newFeedFileName(): { fileName: string; hash: Buffer } {
  const token = randomBytes(secretBytes).toString('base64url')
  return { fileName: `${token}.ics`, hash: hashOf(token) }
}

/** The hash of the token in the name of a feed's file; null: it is no such name. */
export function hashOfFeedFileName(fileName: string): Buffer | null {
  const token = fileNamePattern.exec(fileName)?.[1]
  return token === undefined ? null : hashOf(token)
}

/** A single SHA-256 is enough: nobody can guess 256 random bits. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
