import { expect, test } from 'vitest'
import { createApiKeySecrets } from './api-keys.ts'

const id = '0199a3b2-7c00-8000-8004-1234567890ab'
const oldSecret = 'o'.repeat(32)
const newSecret = 'n'.repeat(32)

test('a key has its id and a digest, and is another each time', () => {
  const secrets = createApiKeySecrets([oldSecret])
  const { key, digest } = secrets.issue(id)
  expect(secrets.parse(key)).toEqual({ id, digest })
  expect(secrets.issue(id).key).not.toBe(key)
})

test('a key with another character in any place is none', () => {
  const secrets = createApiKeySecrets([oldSecret])
  const { key } = secrets.issue(id)
  for (let at = 0; at < key.length; at += 1) {
    const other = key[at] === '0' ? '1' : '0'
    expect(secrets.parse(key.slice(0, at) + other + key.slice(at + 1)), `${at}`).toBeNull()
  }
})

test('a key of the old secret is valid while both secrets are configured, and no longer', () => {
  const { key } = createApiKeySecrets([oldSecret]).issue(id)
  expect(createApiKeySecrets([newSecret, oldSecret]).parse(key)?.id).toBe(id)
  expect(createApiKeySecrets([newSecret]).parse(key)).toBeNull()
  const { key: next } = createApiKeySecrets([newSecret, oldSecret]).issue(id)
  expect(createApiKeySecrets([newSecret]).parse(next)?.id).toBe(id)
})
