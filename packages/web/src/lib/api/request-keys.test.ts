import { afterEach, expect, test, vi } from 'vitest'
import { createRequestKeys } from './request-keys.ts'

afterEach(() => void vi.unstubAllGlobals())

test('the same request has the same key, another request a new one', () => {
  const keys = createRequestKeys()
  const first = keys.headersFor({ name: 'A' })
  expect(keys.headersFor({ name: 'A' })).toEqual(first)
  const second = keys.headersFor({ name: 'B' })
  expect(second).not.toEqual(first)
  // Its response may have been lost.
  expect(keys.headersFor({ name: 'A' })).toEqual(first)
})

test('the keys of the last requests are remembered, and not those of all', () => {
  const keys = createRequestKeys()
  const first = keys.headersFor({ name: 'A' })
  const second = keys.headersFor({ name: 'B' })
  for (let number = 0; number < 18; number += 1) keys.headersFor({ number })
  expect(keys.headersFor({ name: 'A' })).toEqual(first)
  keys.headersFor({ number: 18 })
  expect(keys.headersFor({ name: 'A' })).toEqual(first)
  expect(keys.headersFor({ name: 'B' })).not.toEqual(second)
})

test('after a success, the same request has a new key', () => {
  const keys = createRequestKeys()
  const first = keys.headersFor({ name: 'A' })
  keys.headersFor({ name: 'B' })
  keys.clear()
  expect(keys.headersFor({ name: 'A' })).not.toEqual(first)
})

test('keys are also created on pages loaded over plain HTTP, which have no crypto.randomUUID', () => {
  const { crypto } = globalThis
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) })
  expect(globalThis.crypto.randomUUID).toBeUndefined()
  expect(createRequestKeys().headersFor({})).toEqual({ 'Idempotency-Key': expect.stringMatching(/^[0-9a-f]{32}$/) })
})
