import { randomBytes, randomUUID } from 'node:crypto'
import { newId } from '@holdfast/engine'
import { describe, expect, test } from 'vitest'
import { isUnguessable } from './sent-key.ts'

const randomHex = (bytes = 16) => randomBytes(bytes).toString('hex')

describe('random keys can be repeated from any address', () => {
  test.for<[string, () => string]>([
    ['a UUID of version 4', () => randomUUID()],
    ['the same in capitals', () => randomUUID().toUpperCase()],
    ['128 bits in hexadecimal', () => randomHex()],
    ['256 bits in hexadecimal', () => randomHex(32)],
    ['a UUID of version 7, which has 74 random bits', uuid7],
    ['a random key after a name', () => `booking-2026-11-22-${randomUUID()}`],
    ['a random key after a public id', () => `${newId(1)}-${randomHex()}`],
    ['a random key after a pattern', () => `${'0'.repeat(32)}-${randomUUID()}`],
    ['a random key after a UUID of version 1', () => `c232ab00-9414-11ec-b3c8-9f6bdeced846/${randomUUID()}`],
  ])('%s', ([, keyOf]) => {
    const keys = Array.from({ length: 20_000 }, keyOf)
    // One key in 8,000 of 128 bits without dashes looks like a public id; one in two million shows a pattern by chance.
    expect(keys.filter((key) => !isUnguessable(key)).length).toBeLessThan(20)
  })
})

describe('a key that somebody else can guess', () => {
  test.for([
    ['a short key', 'my-key-1'],
    ['a key of 31 digits', 'c232ab0094144f11b3c89f6bdeced84'],
    ['a number as a UUID', '00000000-0000-0000-0000-000000000001'],
    ['the same, shaped like version 4', '00000000-0000-4000-8000-000000000001'],
    ['one digit', 'a'.repeat(32)],
    ['one digit, and at the end the others', '00000000000000000000000089abcdef'],
    ['a number after a random prefix of 32 bits', '9c1f04e7-0000-4000-8000-0000000002ab'],
    ['a row of digits', '0123456789abcdef0123456789abcdef'],
    ['the same in capitals', '0123456789ABCDEF0123456789ABCDEF'],
    ['the same, backwards', 'fedcba9876543210fedcba9876543210'],
    ['pairs of digits', '00112233445566778899aabbccddeeff'],
    ['a row with steps of three', '0369cf258be147ad0369cf258be147ad'],
    ['rows up and down', '0123456789abcdeffedcba9876543210'],
    ['eight digits again and again', '12345678123456781234567812345678'],
    ['the same as a UUID', '12345678-1234-4678-8234-567812345678'],
    ['the keyboard’s digits', '12345678-90ab-4cde-8f00-000000000001'],
    ['a word again and again', 'deadbeefcafef00ddeadbeefcafef00d'],
    ['a unit that is counted up', 'a1b2c3d4e5f60718293a4b5c6d7e8f90'],
    ['times and counters', '20261122193154000000000000008675309'],
    ['decimal digits alone', '17639204817-39452861705-2891736450'],
    ['a UUID of a time and a network card', 'c232ab00-9414-11ec-b3c8-9f6bdeced846'],
    ['the same, sorted by time', '1ec9414c-232a-6b00-b3c8-9f6bdeced846'],
    ['a UUID of a name, by MD5', '5df41881-3aed-3515-88a7-2f4a814cf09e'],
    ['a UUID of a name, by SHA-1', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
    ['a public id', newId(1)],
    ['a public id without dashes', newId(1).replaceAll('-', '')],
    ['a public id in a text', `booking of ${newId(1)}, second try`],
    ['two public ids', newId(1) + newId(2)],
  ] as const)('%s: valid only for its address', ([, key]) => {
    expect(isUnguessable(key)).toBe(false)
  })
})

/** A UUID of the time and 74 random bits (RFC 9562, 5.7). */
function uuid7(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  const random = randomUUID()
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
}
