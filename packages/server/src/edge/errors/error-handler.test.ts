import { DatabaseUnavailable, MonthsInTransit, newId, PartitionMissing, PoolExhausted } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { isOutcomeUnknown, problemOf } from './error-handler.ts'
import { errorPage, wantsPage } from './error-page.ts'
import { problem } from './problem-error.ts'

const withCode = (code: string, message = 'a message that quotes "a patient"') =>
  Object.assign(new Error(message), { code })
const withStatus = (statusCode: number) =>
  Object.assign(new SyntaxError('Unexpected token in "a patient"'), { statusCode })

test('a problem is returned unchanged', () => {
  const refusal = problem('slot_full', 'No room.')
  expect(problemOf(refusal)).toBe(refusal)
})

test.each([
  ['the body is too large', withCode('FST_ERR_CTP_BODY_TOO_LARGE'), 'body_too_large', 413],
  ['the media type is unknown', withCode('FST_ERR_CTP_INVALID_MEDIA_TYPE'), 'unsupported_media_type', 415],
  ['JSON is malformed', withStatus(400), 'invalid_request', 400],
  ['the database refuses connections', withCode('ECONNREFUSED'), 'unavailable', 503],
  ['the database shuts down', withCode('57P01'), 'unavailable', 503],
  ['all connections are in use', new PoolExhausted(null), 'overloaded', 503],
  ['a lock took too long', withCode('55P03'), 'locked', 503],
  ['there was a deadlock', withCode('40P01'), 'unavailable', 503],
  ['a statement took too long', withCode('57014'), 'unavailable', 503],
  ['the disk is full', withCode('53100'), 'unavailable', 503],
  ['the primary was demoted', withCode('25006'), 'unavailable', 503],
  ['an unexpected constraint was violated', withCode('23514'), 'internal_error', 500],
  ['a month is being archived', new MonthsInTransit(['2025-03']), 'unavailable', 503],
  ['a partition is missing', new PartitionMissing(newId(1), { cause: null }), 'unavailable', 503],
  ['Fastify fails in a new way', withCode('FST_ERR_REP_INVALID_PAYLOAD_TYPE'), 'internal_error', 500],
  ['there is a bug', new TypeError('x is not a function'), 'internal_error', 500],
  ['something else was thrown', 'a patient', 'internal_error', 500],
  ['nothing was thrown', undefined, 'internal_error', 500],
])('when %s', (_what, error, code, status) => {
  const refusal = problemOf(error)
  expect(refusal).toMatchObject({ code, status })
  expect(refusal.detail).not.toContain('patient')
})

test('the detail says that a request was not processed, or how to find out its outcome', () => {
  const refused = new DatabaseUnavailable('x', { outcomeUnknown: false, cause: null })
  expect(problemOf(refused)).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('not processed') })
  const unknown = new DatabaseUnavailable('x', { outcomeUnknown: true, cause: null })
  expect(problemOf(unknown)).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('Idempotency-Key') })
})

const ofSystem = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall })

test.each<[string, unknown, boolean]>([
  ['the database refuses connections', ofSystem('ECONNREFUSED', 'connect'), false],
  ['the database has no connection left', withCode('53300'), false],
  ['the pool has no connection in time', new Error('timeout exceeded when trying to connect'), false],
  ['all connections are in use', new PoolExhausted(null), false],
  ['a value is out of range', withCode('22003'), false],
  ['an unexpected constraint was violated', withCode('23514'), false],
  ['there was a deadlock', withCode('40P01'), false],
  ['the primary was demoted', withCode('25006'), false],
  ['a partition is missing', new PartitionMissing(newId(1), { cause: null }), false],
  ['the request is refused', problem('slot_full', 'No room.'), false],
  ['the connection ended', new Error('Connection terminated unexpectedly'), true],
  ['the connection was reset', ofSystem('ECONNRESET', 'read'), true],
  ['the database shuts down', withCode('57P01'), true],
  ['there is a bug', new TypeError('x is not a function'), true],
])('when %s: the response says that the outcome is unknown only if it is', (_what, error, expected) => {
  expect(isOutcomeUnknown(error)).toBe(expected)
  expect(/unknown/.test(problemOf(error).detail)).toBe(expected)
})

test('a browser that opens a page reads a page; the API, files, probes and programs get a problem', () => {
  const html = { accept: 'text/html,application/xhtml+xml' }
  for (const url of ['/', '/doctors/4?day=2027-01-01', '/find-booking']) expect(wantsPage(url, html), url).toBe(true)
  const others = ['/api', '/api/v1/bookings', '/docs', '/assets/a.js', '/icon.svg', '/readyz', '/metrics?x=1']
  for (const url of others) expect(wantsPage(url, html), url).toBe(false)
  expect(wantsPage('/find-booking', { accept: '*/*' })).toBe(false)
  expect(wantsPage('/find-booking', {})).toBe(false)
})

test.each([
  ['de-AT,de;q=0.9,en;q=0.8', 'lang="de" dir="ltr"', 'Ihre Termine sind sicher'],
  ['fr, ar;q=0.5', 'lang="ar" dir="rtl"', 'مواعيدك محفوظة'],
  ['en', 'lang="en" dir="ltr"', 'Your appointments are safe'],
  ['fr', 'lang="en" dir="ltr"', 'Your appointments are safe'],
  [undefined, 'lang="en" dir="ltr"', 'Your appointments are safe'],
])('a page that failed is in the language of the browser (%s)', (accepted, html, said) => {
  const page = errorPage(503, 'an-id', accepted === undefined ? {} : { 'accept-language': accepted })
  expect(page).toContain(html)
  expect(page).toContain(said)
  expect(page).toContain('an-id')
  expect(errorPage(429, 'an-id', { 'accept-language': 'en' })).toContain('wait a minute')
  // Loading it again would not help.
  expect(errorPage(400, 'an-id', { 'accept-language': 'en' })).toMatch(/check it.*href="\/"/s)
})
