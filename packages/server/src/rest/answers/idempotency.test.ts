import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Principal } from '../../edge/principal.ts'
import { canonicalJson, claimHash, keyDigest, requestHash } from './idempotency.ts'

test('the same content in another order is the same text, other content another', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      expect(canonicalJson(reversed(one))).toBe(canonicalJson(one))
      expect(JSON.parse(canonicalJson(one))).toEqual(JSON.parse(JSON.stringify(one)))
      const isSame = canonicalJson(one) === canonicalJson(other)
      expect(requestHash(one) === requestHash(other)).toBe(isSame)
    }),
  )
})

test('a claim’s hash is that of all that was asked, with its names in order', () => {
  const text = fc.string()
  const asked = fc.record({
    slotId: text,
    units: fc.nat(),
    patient: fc.record({ name: text, email: text, phone: text }, { requiredKeys: ['name'] }),
    appointmentType: fc.constantFrom(null, 'in_person' as const, 'video' as const),
    reason: fc.option(text),
    confirm: fc.boolean(),
  })
  fc.assert(
    fc.property(asked, fc.boolean(), (one, onBehalf) => {
      expect(claimHash(one, onBehalf)).toBe(requestHash(onBehalf ? { ...one, onBehalf } : one))
      expect(claimHash(one, !onBehalf)).not.toBe(claimHash(one, onBehalf))
    }),
  )
})

test('a claim’s hash stays what it was: a key is known for a day, also across an upgrade', () => {
  const patient = { name: 'Ada', phone: '+44 20 7946 0000' }
  const what = { slotId: '01900000-0000-8000-8000-000000000001', units: 2, appointmentType: null, confirm: true }
  const asked = { ...what, patient, reason: 'Fever' }
  expect(claimHash(asked, false)).toBe('2e3d7e24-a4ef-d43d-c001-c7484823d9cd')
  expect(claimHash(asked, true)).toBe('ce791417-77d4-00ce-d80d-1aa31da14822')
})

test('a digest is a UUID, and differs by who asks, what for and the key', () => {
  const account: Principal = {
    kind: 'account',
    accountId: 'a',
    email: '',
    name: '',
    siteAdministrator: false,
    memberships: [],
  }
  const guest = { kind: 'anonymous' } as const
  const digests = [
    keyDigest(guest, 'createBooking', 'k'),
    keyDigest(guest, 'createBooking', 'l'),
    keyDigest(guest, 'createClinic', 'k'),
    keyDigest(account, 'createBooking', 'k'),
    keyDigest({ ...account, accountId: 'b' }, 'createBooking', 'k'),
    keyDigest({ kind: 'manage_token', token: 'hfm_x' }, 'createBooking', 'k'),
    keyDigest({ kind: 'manage_token', token: 'hfm_y' }, 'createBooking', 'k'),
  ]
  expect(new Set(digests).size).toBe(digests.length)
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

/** The same value with the names of its objects the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, reversed(inner)]),
  )
}
