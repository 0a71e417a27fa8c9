import { afterEach, expect, test, vi } from 'vitest'
import { createSessionCookies } from './session-cookie.ts'

const name = 'better-auth.session_token'
const cookies = createSessionCookies(['a secret of the tests, of enough length'], false)

afterEach(() => vi.restoreAllMocks())

test('every byte of a signature counts', () => {
  const token = 'a'.repeat(32)
  const signed = cookies.signed(token)
  expect(cookies.readBearer(signed)).toBe(token)
  const bytes = Buffer.from(signed.slice(token.length + 1), 'base64')
  expect(bytes).toHaveLength(32)
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
    expect(cookies.readBearer(`${token}.${changed.toString('base64')}`), `byte ${index}`).toBeNull()
  }
})

test('a header of thousands of invalid cookies is read by decoding only the session’s', () => {
  const decode = vi.spyOn(globalThis, 'decodeURIComponent')
  expect(cookies.read(`${'a=%; '.repeat(3_000)}${name}=unsigned`)).toBeNull()
  expect(decode.mock.calls).toEqual([['unsigned']])
})

test('of two session cookies the first counts, even if it cannot be decoded', () => {
  const decode = vi.spyOn(globalThis, 'decodeURIComponent')
  expect(cookies.read(`${name}=%E0%A4%A; ${name}=second`)).toBeNull()
  expect(decode.mock.calls).toEqual([['%E0%A4%A']])
})
