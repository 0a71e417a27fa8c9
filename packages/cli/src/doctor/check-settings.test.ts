import { expect, test } from 'vitest'
import { checkSettings } from './read-settings-table.ts'

const found = (env: Record<string, string>) => checkSettings(env).map(({ state, found: text }) => `${state}: ${text}`)

test('a server that others reach is told to set HOLDFAST_URL to an https address', () => {
  const missing = [expect.stringContaining('warning: HOLDFAST_URL is not set: behind a proxy with https')]
  expect(found({ HOST: '0.0.0.0' })).toEqual(missing)
  expect(found({ HOLDFAST_TRUSTED_PROXIES: '1' })).toEqual(missing)
  const plain = found({ HOST: '0.0.0.0', HOLDFAST_URL: 'http://book.example.org' })
  expect(plain).toEqual([expect.stringContaining('warning: HOLDFAST_URL is http://book.example.org: without https')])
  for (const env of [{}, { HOST: '::1' }, { HOST: '0.0.0.0', HOLDFAST_URL: 'https://book.example.org' }]) {
    expect(found(env)).toEqual(['ok: all can be used'])
  }
})
