import { afterEach, expect, test, vi } from 'vitest'
import { createRequestKeys } from './request-keys.ts'

afterEach(() => void vi.unstubAllGlobals())

test('the same request has the same key, another request a new one', () => {
  const keys = createRequestKeys()
  const first = keys.keyFor({ name: 'A' })
  expect(keys.keyFor({ name: 'A' })).toBe(first)
  const second = keys.keyFor({ name: 'B' })
  expect(second).not.toBe(first)
  expect(keys.keyFor({ name: 'A' })).not.toBe(first)
})

test('after a success, the same request has a new key', () => {
  const keys = createRequestKeys()
  const first = keys.keyFor({ name: 'A' })
  keys.clear()
  expect(keys.keyFor({ name: 'A' })).not.toBe(first)
})

test('keys are also created on pages loaded over plain HTTP, which have no crypto.randomUUID', () => {
  const { crypto } = globalThis
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) })
  expect(globalThis.crypto.randomUUID).toBeUndefined()
  expect(createRequestKeys().keyFor({})).toMatch(/^[0-9a-f]{32}$/)
})
