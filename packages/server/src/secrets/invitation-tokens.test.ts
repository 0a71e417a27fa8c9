import { newId } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { newInvitationToken, parseInvitationToken } from './invitation-tokens.ts'

test('a token names its invitation and has the stored hash', () => {
  const id = newId(7)
  const { token, hash } = newInvitationToken(id)
  expect(token).toMatch(/^[A-Za-z0-9_-]{64}$/)
  expect(parseInvitationToken(token)).toEqual({ id, hash })
})

test('two tokens of one invitation differ, and neither contains its hash', () => {
  const id = newId(7)
  const [first, second] = [newInvitationToken(id), newInvitationToken(id)]
  expect(first.token).not.toBe(second.token)
  expect(first.token).not.toContain(first.hash.toString('base64url'))
})

test('a changed token has another id or another hash', () => {
  const { token, hash } = newInvitationToken(newId(7))
  const changed = parseInvitationToken(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)
  expect(changed?.hash.equals(hash)).toBe(false)
})

test('nothing else is a token', () => {
  const { token } = newInvitationToken(newId(7))
  for (const text of ['', token.slice(1), `${token}A`, `${token.slice(1)}=`, `${token.slice(1)}/`]) {
    expect(parseInvitationToken(text)).toBeNull()
  }
})
