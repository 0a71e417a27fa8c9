import { expect, test } from 'vitest'
import { rememberLinkRequest, takeLinkRequest } from './link-request.ts'

function aStorage() {
  const values = new Map<string, string>()
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  }
}

test('a request is returned once, for its booking only', () => {
  const storage = aStorage()
  expect(takeLinkRequest('a', storage)).toBe(false)
  rememberLinkRequest('a', storage)
  expect(takeLinkRequest('a', storage)).toBe(true)
  expect(takeLinkRequest('a', storage)).toBe(false)
})

test('opening another ticket in between clears the request', () => {
  const storage = aStorage()
  rememberLinkRequest('a', storage)
  expect(takeLinkRequest('b', storage)).toBe(false)
  expect(takeLinkRequest('a', storage)).toBe(false)
})
