import { expect, test } from 'vitest'
import { createPasswords } from './passwords.ts'

test('a password fits its hash, in whatever form its letters were typed, and no other', async () => {
  const passwords = createPasswords(2)
  const hash = await passwords.hash('pässword with an ﬁ')
  expect(await passwords.verify({ hash, password: 'pa\u0308ssword with an fi' })).toBe(true)
  expect(await passwords.verify({ hash, password: 'passwort with an fi' })).toBe(false)
  expect(await passwords.hash('pässword with an ﬁ')).not.toBe(hash)
})

test('a stored hash of another scheme fits nothing', async () => {
  const passwords = createPasswords(1)
  for (const hash of ['', 'scrypt:abc', '$argon2id$v=19$broken']) {
    expect(await passwords.verify({ hash, password: 'x' })).toBe(false)
  }
})

test('one at a time they end in the order they came, and a long queue is told', async () => {
  const passwords = createPasswords(1)
  const order: number[] = []
  const all = Array.from({ length: 152 }, (_, index) => passwords.hash('x').then(() => order.push(index)))
  expect(passwords.isOverloaded()).toBe(true)
  await Promise.all(all)
  expect(passwords.isOverloaded()).toBe(false)
  expect(order).toEqual(Array.from({ length: 152 }, (_, index) => index))
})
