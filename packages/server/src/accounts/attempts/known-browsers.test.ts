import { expect, test } from 'vitest'
import { createKnownBrowsers } from './known-browsers.ts'

const secret = 'a secret of the tests, of enough length'
const browsers = createKnownBrowsers([secret], true)
const asSent = (setCookie: string) => setCookie.split(';')[0] ?? ''

test('a browser is known for the addresses used in it, in any case, and for no others', () => {
  const first = asSent(browsers.setCookie(undefined, 'Ada@example.org'))
  const value = first.slice(first.indexOf('=') + 1)
  for (const text of [value, Buffer.from(value, 'base64url').toString()]) expect(text).not.toMatch(/example/i)
  const both = asSent(browsers.setCookie(`other=1; ${first}`, 'bob@example.org'))
  const id = browsers.idOf(first, 'ada@EXAMPLE.org')
  expect(id).toMatch(/^[\w-]{22}$/)
  expect([browsers.idOf(both, 'ada@example.org'), browsers.idOf(both, 'bob@example.org')]).toEqual([id, id])
  expect(browsers.idOf(first, 'bob@example.org')).toBeNull()
  expect(browsers.idOf(undefined, 'ada@example.org')).toBeNull()
})

test('remembers the last five addresses, each once', () => {
  let cookie: string | undefined
  for (const name of ['a', 'b', 'c', 'c', 'd', 'e', 'f']) {
    cookie = asSent(browsers.setCookie(cookie, `${name}@example.org`))
  }
  const known = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => browsers.idOf(cookie, `${name}@example.org`) !== null)
  expect(known).toEqual([false, true, true, true, true, true])
})

test('a cookie under an old secret counts while that secret is configured', () => {
  const cookie = asSent(browsers.setCookie(undefined, 'ada@example.org'))
  const newSecret = 'another secret of the tests, long enough'
  expect(createKnownBrowsers([newSecret, secret], true).idOf(cookie, 'ada@example.org')).not.toBeNull()
  expect(createKnownBrowsers([newSecret], true).idOf(cookie, 'ada@example.org')).toBeNull()
})

test('a mark of the password is none of the second factor, even under the name of its cookie', () => {
  const factors = createKnownBrowsers([secret], true, 'second-factor-browser')
  const cookie = asSent(browsers.setCookie(undefined, 'ada@example.org'))
  expect(factors.idOf(cookie.replace('browser', 'factor'), 'ada@example.org')).toBeNull()
  // The control: a mark of the second factor is one.
  expect(factors.idOf(asSent(factors.setCookie(undefined, 'ada@example.org')), 'ada@example.org')).not.toBeNull()
})

test.each(['', 'x', '.', `${'A'.repeat(22)}.`, `${'A'.repeat(22)}.${'A'.repeat(22)}`, 'A'.repeat(5000)])(
  'a forged cookie is no known browser: %s',
  (value) => {
    expect(browsers.idOf(`__Host-holdfast.browser=${value}`, 'ada@example.org')).toBeNull()
  },
)
