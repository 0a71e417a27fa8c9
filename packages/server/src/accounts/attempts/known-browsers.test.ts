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
  const proofs = [undefined, 'other=1', first, both].map((cookie) => browsers.proofIn(cookie))
  expect(proofs).toEqual([null, null, expect.stringMatching(/^[\w-]{22}$/), expect.stringMatching(/^[\w-]{22}$/)])
  expect(proofs[2]).not.toBe(proofs[3])
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

const part = 'A'.repeat(22)
/** As issued for Ada, and then for Bob, when cookies had no proof. */
const withoutProof = [
  'LEcjZuFvumnrGtqBZJ7wRw.cLYUpaCMpFzMo7RiKgHj1w',
  'LEcjZuFvumnrGtqBZJ7wRw.ZYQWay4ZiywRO51mMn4ytQ.cLYUpaCMpFzMo7RiKgHj1w',
]
test.each(['', 'x', '.', `${part}.`, `${part}.${part}`, `${part}.${part}.${part}`, 'A'.repeat(5000), ...withoutProof])(
  'a forged or earlier cookie is no known browser, and is replaced: %s',
  (value) => {
    const cookie = `__Host-holdfast.browser=${value}`
    const found = [browsers.proofIn(cookie), browsers.idOf(cookie, ada), browsers.idOf(cookie, bob)]
    expect(found).toEqual([null, null, null])
    expect(browsers.idOf(asSent(browsers.setCookie(cookie, ada)), ada)).not.toBeNull()
  },
)

test('no part of a cookie can be replaced, added or left out', () => {
  const cookie = asSent(browsers.setCookie(asSent(browsers.setCookie(undefined, ada)), bob))
  const [id, first, second, proof] = cookie.split('.').slice(1)
  const other = asSent(browsers.setCookie(undefined, bob)).split('.').slice(1)
  const changed = [
    [other[0], first, second, proof],
    [id, second, first, proof],
    [id, first, proof],
    [id, first, second, other[1], proof],
    [id, first, second, other[2]],
    [id, first, second, second],
  ]
  const sent = changed.map((parts) => `__Host-holdfast.${parts.join('.')}`)
  expect(sent.map((one) => browsers.proofIn(one))).toEqual(changed.map(() => null))
  expect(browsers.setCookie(sent[1], ada)).not.toContain(id)
  // The control.
  expect(browsers.proofIn(`__Host-holdfast.${[id, first, second, proof].join('.')}`)).toBe(proof)
})
