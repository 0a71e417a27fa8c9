import { expect, test } from 'vitest'
import { createPasswords } from './passwords.ts'

test('a password matches its own hash only, in any Unicode form of its letters', async () => {
  const passwords = createPasswords(2)
  const hash = await passwords.hash('pässword with an ﬁ')
  expect(await passwords.verify({ hash, password: 'pa\u0308ssword with an fi' })).toBe(true)
  expect(await passwords.verify({ hash, password: 'passwort with an fi' })).toBe(false)
  expect(await passwords.hash('pässword with an ﬁ')).not.toBe(hash)
})

test('a stored hash in another format matches no password', async () => {
  const passwords = createPasswords(1)
  for (const hash of ['', 'scrypt:abc', '$argon2id$v=19$broken']) {
    expect(await passwords.verify({ hash, password: 'x' })).toBe(false)
  }
})

test('with one at a time they finish in order, and a long queue is reported as overloaded', async () => {
  const passwords = createPasswords(1)
  const order: number[] = []
  const all = Array.from({ length: 152 }, (_, index) => passwords.hash('x').then(() => order.push(index)))
  expect(passwords.isOverloaded()).toBe(true)
  await Promise.all(all)
  expect(passwords.isOverloaded()).toBe(false)
  expect(order).toEqual(Array.from({ length: 152 }, (_, index) => index))
})
