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
const longHex = /[0-9a-f](?:-?[0-9a-f]){31}/gi
/** An id (decision 0003), with or without dashes, of a time until 2109. A random UUID has another version. */
const publicIds = /0[12][0-9a-f]{6}-?[0-9a-f]{4}-?8[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}/gi
/**
 * UUIDs of a time and a network card (versions 1, 2 and 6), of a name (3 and 5) and of whatever their maker chose (8).
 * UUIDs of version 4 are random, and those of version 7 all but the time. They count only with dashes: without them, a
 * key of 128 random bits looks like one as often as not.
 */
const knowableUuids = /[0-9a-f]{8}-[0-9a-f]{4}-[123568][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/gi

/**
 * Whether a key was drawn at random, so that nobody else can know it: 128 bits as hexadecimal digits that show no
 * pattern. The ids of slots, doctors and bookings are public, and other UUIDs can be known from what they were made of:
 * a key that is one, or only adds text to one, is known to anybody who knows that. A UUID takes 4 µs, 255 digits 14 µs,
 * on a busy machine.
 */
export function isUnguessable(key: string): boolean {
  const unknown = key.replace(publicIds, '').replace(knowableUuids, '')
  return unknown.match(longHex)?.some((digits) => !hasPattern(digits.replaceAll('-', ''))) ?? false
}

const differentMin = 8
const closeNeighboursMax = 19
const equalStepsMax = 13
const distanceMax = 16
/** How often each step occurs, for each distance in turn. One for all keys: a new one takes a sixth of the time. */
const stepCounts = new Uint8Array(16 * distanceMax)

/**
 * Whether 32 hexadecimal digits show a pattern, as those of a person or a counter do. One of two million random keys
 * does.
 *
 * - Few different digits, or no letters: a number.
 * - Many digits that equal the one before, or differ by one: runs and rows.
 * - Many equal steps from digits to those at some distance: a unit that is repeated or counted up.
 */
function hasPattern(hex: string): boolean {
  const digits = digitsOf(hex)
  let seen = 0
  let closeNeighbours = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits[index] ?? 0
    seen |= 1 << digit
    if (index > 0 && Math.abs(digit - (digits[index - 1] ?? 0)) <= 1) closeNeighbours += 1
  }
  const hasLetters = seen >= 1 << 10
  if (!hasLetters || bitsOf(seen) < differentMin || closeNeighbours > closeNeighboursMax) return true
  stepCounts.fill(0)
  for (let distance = 1; distance <= distanceMax; distance += 1) {
    for (let index = distance; index < digits.length; index += 1) {
      const step = 16 * (distance - 1) + (((digits[index] ?? 0) - (digits[index - distance] ?? 0)) & 15)
      const count = (stepCounts[step] ?? 0) + 1
      if (count > equalStepsMax) return true
      stepCounts[step] = count
    }
  }
  return false
}

function bitsOf(mask: number): number {
  let bits = 0
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits += 1
  return bits
}

function digitsOf(hex: string): Uint8Array {
  const digits = new Uint8Array(hex.length)
  // In ASCII, the last four bits of a digit are its value; those of a letter are 1 for A.
  for (let index = 0; index < hex.length; index += 1) {
    const code = hex.charCodeAt(index)
    digits[index] = (code & 15) + (code >> 6) * 9
  }
  return digits
}
