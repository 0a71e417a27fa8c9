import { afterEach, expect, test, vi } from 'vitest'
import { createRequestKeys } from './request-keys.ts'

afterEach(() => void vi.unstubAllGlobals())

test('the same request has the same key, another request a new one', () => {
  const keys = createRequestKeys()
  const first = keys.keyFor({ name: 'A' })
  expect(keys.keyFor({ name: 'A' })).toBe(first)
  const second = keys.keyFor({ name: 'B' })
  expect(second).not.toBe(first)
  // Its response may have been lost.
  expect(keys.keyFor({ name: 'A' })).toBe(first)
})

test('the keys of the last requests are remembered, and not those of all', () => {
  const keys = createRequestKeys()
  const first = keys.keyFor({ name: 'A' })
  const second = keys.keyFor({ name: 'B' })
  for (let number = 0; number < 18; number += 1) keys.keyFor({ number })
  expect(keys.keyFor({ name: 'A' })).toBe(first)
  keys.keyFor({ number: 18 })
  expect(keys.keyFor({ name: 'A' })).toBe(first)
  expect(keys.keyFor({ name: 'B' })).not.toBe(second)
})

test('after a success, the same request has a new key', () => {
  const keys = createRequestKeys()
  const first = keys.keyFor({ name: 'A' })
  keys.keyFor({ name: 'B' })
  keys.clear()
  expect(keys.keyFor({ name: 'A' })).not.toBe(first)
})

test('keys are also created on pages loaded over plain HTTP, which have no crypto.randomUUID', () => {
  const { crypto } = globalThis
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) })
  expect(globalThis.crypto.randomUUID).toBeUndefined()
  expect(createRequestKeys().keyFor({})).toMatch(/^[0-9a-f]{32}$/)
})
