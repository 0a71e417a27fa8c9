import { expect, test } from 'vitest'
import { createKnownBrowsers } from './known-browsers.ts'

const secret = 'a secret of the tests, of enough length'
const browsers = createKnownBrowsers([secret], true)
const ada = { id: '0198d3a0-0000-7000-8000-00000000000a', mark: null }
const bob = { id: '0198d3a0-0000-7000-8000-00000000000b', mark: '1764000000.000001' }
const asSent = (setCookie: string) => setCookie.split(';')[0] ?? ''

test('a browser is known for the accounts used in it, and for no others', () => {
  const first = asSent(browsers.setCookie(undefined, ada))
  const value = first.slice(first.indexOf('=') + 1)
  for (const text of [value, Buffer.from(value, 'base64url').toString()]) expect(text).not.toContain(ada.id.slice(-4))
  const both = asSent(browsers.setCookie(`other=1; ${first}`, bob))
  const id = browsers.idOf(first, ada)
  expect(id).toMatch(/^[\w-]{22}$/)
  expect([browsers.idOf(both, ada), browsers.idOf(both, bob)]).toEqual([id, id])
  expect(browsers.idOf(first, bob)).toBeNull()
  expect(browsers.idOf(undefined, ada)).toBeNull()
  expect([undefined, 'other=1', first].map((cookie) => browsers.hasMarks(cookie))).toEqual([false, false, true])
})

test('a browser is unknown once the account’s mark has changed', () => {
  const cookie = asSent(browsers.setCookie(undefined, ada))
  const changed = { ...ada, mark: '1764000000.000001' }
  expect(browsers.idOf(cookie, changed)).toBeNull()
  const renewed = asSent(browsers.setCookie(cookie, changed))
  expect(browsers.idOf(renewed, changed)).toBe(browsers.idOf(cookie, ada))
  expect(browsers.idOf(renewed, { ...ada, mark: '1764000000.000002' })).toBeNull()
})

test('remembers the last five accounts, each once', () => {
  let cookie: string | undefined
  for (const id of ['a', 'b', 'c', 'c', 'd', 'e', 'f']) cookie = asSent(browsers.setCookie(cookie, { id, mark: null }))
  const known = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => browsers.idOf(cookie, { id, mark: null }) !== null)
  expect(known).toEqual([false, true, true, true, true, true])
})

test('a cookie under an old secret counts while that secret is configured', () => {
  const cookie = asSent(browsers.setCookie(undefined, ada))
  const newSecret = 'another secret of the tests, long enough'
  expect(createKnownBrowsers([newSecret, secret], true).idOf(cookie, ada)).not.toBeNull()
  expect(createKnownBrowsers([newSecret], true).idOf(cookie, ada)).toBeNull()
})

test('a mark of the password is none of the second factor, even under the name of its cookie', () => {
  const factors = createKnownBrowsers([secret], true, 'second-factor-browser')
  const cookie = asSent(browsers.setCookie(undefined, ada))
  expect(factors.idOf(cookie.replace('browser', 'factor'), ada)).toBeNull()
  // The control: a mark of the second factor is one.
  expect(factors.idOf(asSent(factors.setCookie(undefined, ada)), ada)).not.toBeNull()
})

test.each(['', 'x', '.', `${'A'.repeat(22)}.`, `${'A'.repeat(22)}.${'A'.repeat(22)}`, 'A'.repeat(5000)])(
  'a forged cookie is no known browser: %s',
  (value) => {
    expect(browsers.idOf(`__Host-holdfast.browser=${value}`, ada)).toBeNull()
  },
)
