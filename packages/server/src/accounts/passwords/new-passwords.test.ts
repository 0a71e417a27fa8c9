import { expect, test } from 'vitest'
import { refusalOfNewPassword } from './new-passwords.ts'

const person = ['ada.lovelace@example.org', 'Ada Lovelace']

test.each([
  'password123',
  'Passw0rd12',
  '1234567890',
  'qwertyuiop',
  'aaaaaaaaaaaa',
  'abcdefghij',
  'iloveyou123',
  'holdfast123',
  'lovelace12',
  'ada.lovelace@example.org',
])('%s is guessed first', (password) => {
  expect(refusalOfNewPassword(password, person)).toEqual({ kind: 'guessable' })
})

test.each(['ten letters', 'correct horse battery', 'Tr4vel-lamp-88', 'كلمة مرور طويلة', 'пароль из слов'])(
  '%s may be chosen',
  (password) => {
    expect(refusalOfNewPassword(password, person)).toBeNull()
  },
)

test('the person’s own name counts only for them (the control)', () => {
  expect(refusalOfNewPassword('wintergreen.mortimer', ['wintergreen.mortimer@example.org'])).not.toBeNull()
  expect(refusalOfNewPassword('wintergreen.mortimer', person)).toBeNull()
})

test('a long e-mail address is refused as a password, in any case; more words after it are not', () => {
  const email = 'quaint.marmalade-thistle@umbrella.kestrel-lagoon.example.org'
  expect(refusalOfNewPassword(email.toUpperCase(), [email, 'Ada'])).toEqual({ kind: 'guessable' })
  // The control: for another person it is long and has many words.
  expect(refusalOfNewPassword(email, person)).toBeNull()
})

test.each([
  ['x'.repeat(9), 'short'],
  ['a password of many words '.repeat(6), 'long'],
])('%s is too %s', (password) => {
  expect(refusalOfNewPassword(password, person)).toEqual({ kind: 'length', min: 10, max: 128 })
})
