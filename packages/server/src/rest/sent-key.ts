import { randomUUID } from 'node:crypto'
import { digestUuid } from '@holdfast/engine'

/** An Idempotency-Key and whose it is. */
export type SentKey = { key: string; scope: string }

/** A key as the engine stores it: a 128-bit digest, as a UUID, of who sent it, for what purpose, and the key. */
export function keyDigest({ scope, key }: SentKey, purpose: string): string {
  return digestUuid(`${scope}\n${purpose}\n${key}`)
}

/** The same for a request without a key: no other request can have this one. */
export function freshKey(): string {
  return randomUUID()
}

/** 32 hexadecimal digits, with or without dashes, such as a UUID has. */
const longHexPattern = /[0-9a-f](?:-?[0-9a-f]){31}/i
const differentDigitsMin = 8
/** An id (decision 0003), with or without dashes, of a time until 2109. A random UUID has another version. */
const publicIds = /0[12][0-9a-f]{6}-?[0-9a-f]{4}-?8[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}/gi

/**
 * Whether a key was drawn at random, so that nobody else can know it: 128 bits as hexadecimal digits. Fewer than eight
 * different digits are not random (00000000-0000-0000-0000-000000000001): of two million random keys, none had so few.
 * Nor are the ids of slots, doctors and bookings, which are public: a key that is one, or contains one, is known to
 * whoever knows the id.
 */
export function isUnguessable(key: string): boolean {
  const [found = ''] = longHexPattern.exec(key.replace(publicIds, ' ')) ?? []
  const digits = found.toLowerCase()
  const different = new Set<string>()
  // Stops early: a random key has eight different digits among its first dozen. 0.5 instead of 1.5 µs.
  for (let index = 0; index < digits.length && different.size < differentDigitsMin; index += 1) {
    if (digits[index] !== '-') different.add(digits.charAt(index))
  }
  return different.size >= differentDigitsMin
}
