import { expect, test } from 'vitest'
import { messageOf } from './message-of.ts'

/** The error for a host name with two addresses, as Node throws it. */
const refused = new AggregateError([
  new Error('connect ECONNREFUSED ::1:5432'),
  new Error('connect ECONNREFUSED 127.0.0.1:5432'),
])

test('a refused connection to several addresses is described by each of them', () => {
  expect(refused.message).toBe('')
  expect(messageOf(refused)).toBe('connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432')
})

test('a message is one line, and says which file is missing', () => {
  expect(messageOf(new Error('first\n  second'))).toBe('first second')
  expect(messageOf(new Error(''))).toBe('Error')
  expect(messageOf(Object.assign(new Error(''), { code: 'EPIPE' }))).toBe('EPIPE')
  expect(messageOf(new AggregateError([]))).toBe('AggregateError')
  expect(messageOf('thrown text')).toBe('thrown text')
  const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open', path: '/nowhere' })
  expect(messageOf(missing)).toBe('there is no file or directory /nowhere')
  // The directory that should have it may be missing.
  expect(messageOf(Object.assign(missing, { syscall: 'mkdir' }))).toBe('ENOENT')
})
