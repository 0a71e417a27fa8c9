import { hash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Principal } from '../../edge/authentication/principal.ts'
import { keyDigest } from '../sent-key.ts'
import { bookingRequestHash, requestHash, scopeOf } from './idempotency.ts'

/** JSON whose texts the schemas accept: they refuse half surrogate pairs. */
const json = fc.jsonValue({ stringUnit: 'binary' }).filter((value) => JSON.stringify(value).isWellFormed())

test('the same content in another order has the same hash, other content another', () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      expect(requestHash(reversed(one))).toBe(requestHash(one))
      const isSame = sortedJson(one) === sortedJson(other)
      expect(requestHash(one) === requestHash(other)).toBe(isSame)
    }),
  )
})

test('a request’s hash is what it was before RFC 8785: a key is stored for a day, also across an upgrade', () => {
  const patient = { name: 'Ada', phone: '+44 20 7946 0000' }
  const what = { slotId: '01900000-0000-8000-8000-000000000001', units: 2, appointmentType: null, confirm: true }
  const booking = { ...what, patient, reason: 'Fever' }
  expect(requestHash(booking)).toBe('2e3d7e24-a4ef-d43d-c001-c7484823d9cd')
  expect(requestHash({ ...booking, onBehalf: true })).toBe('ce791417-77d4-00ce-d80d-1aa31da14822')
  const text = fc.string({ unit: 'grapheme' })
  const request = fc.record({
    params: fc.record({ doctorId: fc.uuid() }),
    query: fc.record({ dryRun: fc.boolean(), from: text }, { requiredKeys: [] }),
    body: fc.oneof(
      fc.constant(null),
      fc.record({ slotId: fc.uuid(), reason: fc.option(text), confirm: fc.constantFrom(true, undefined) }),
      fc.record({ rating: fc.double({ noNaN: true, noDefaultInfinity: true }), languages: fc.array(text) }),
      fc.record({ slots: fc.array(fc.record({ startsAt: text, endsAt: text, capacity: fc.nat() })) }),
    ),
  })
  fc.assert(
    fc.property(request, (one) => {
      expect(requestHash(one)).toBe(sortedDigest(one))
    }),
  )
})

test('the hash of a booking is that of any request with the same content', () => {
  const text = fc.string({ unit: 'grapheme' })
  const patient = fc.record({ name: text, email: text, phone: text }, { requiredKeys: ['name'] })
  const request = fc.record(
    {
      slotId: fc.uuid(),
      units: fc.nat(),
      patient,
      appointmentType: fc.constantFrom(null, 'video' as const),
      reason: fc.option(text),
      confirm: fc.boolean(),
      onBehalf: fc.constant(true as const),
      addsPlaces: fc.constant(true as const),
      formerBookingId: fc.uuid(),
    },
    { requiredKeys: ['slotId', 'units', 'patient', 'appointmentType', 'reason', 'confirm'] },
  )
  fc.assert(
    fc.property(request, (one) => {
      expect(bookingRequestHash(one)).toBe(requestHash(one))
    }),
  )
})

test('a digest is a UUID, and differs by caller, purpose and key', () => {
  const account: Principal = {
    kind: 'account',
    accountId: 'a',
    email: '',
    name: '',
    siteAdministrator: false,
    memberships: [],
    secondFactorAt: null,
    administrationNeedsSecondFactor: [],
  }
  const guest = { kind: 'anonymous' } as const
  const digests = [
    digestOf(guest, 'createBooking', 'k'),
    digestOf(guest, 'createBooking', 'l'),
    digestOf(guest, 'createClinic', 'k'),
    digestOf(account, 'createBooking', 'k'),
    digestOf({ ...account, accountId: 'b' }, 'createBooking', 'k'),
    digestOf({ kind: 'manage_token', token: 'hfm_x' }, 'createBooking', 'k'),
    digestOf({ kind: 'manage_token', token: 'hfm_y' }, 'createBooking', 'k'),
  ]
  expect(new Set(digests).size).toBe(digests.length)
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

function digestOf(principal: Principal, purpose: string, key: string): string {
  return keyDigest({ key, scope: scopeOf(principal) }, purpose)
}

/** The hash before RFC 8785: of JSON with the names of every object sorted. */
function sortedDigest(value: unknown): string {
  const hex = hash('sha256', sortedJson(value), 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

function sortedJson(value: unknown): string {
  return JSON.stringify(sorted(value))
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]))
}

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
