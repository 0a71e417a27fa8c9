import { hash, randomUUID } from 'node:crypto'

/** An Idempotency-Key and whose it is. */
export type SentKey = { key: string; scope: string }

/** A key as the engine stores it: a 128-bit digest, as a UUID, of who sent it, for what purpose, and the key. */
export function keyDigest({ scope, key }: SentKey, purpose: string): string {
  return digestOf(`${scope}\n${purpose}\n${key}`)
}

/** The same for a request without a key: no other request can have this one. */
export function freshKey(): string {
  return randomUUID()
}

/** A 128-bit digest, as a UUID. */
export function digestOf(text: string): string {
  const hex = hash('sha256', text, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
