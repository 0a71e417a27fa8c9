import type { HealthBody, HealthCheckBody } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { changedChecks, checkLine, goneLines, healthScreen, withUnreadChecks } from './health-lines.ts'
import { durationText, figureText } from './health-words.ts'

const at = new Date('2026-11-29T12:00:00.000Z')

function aCheck(more: Partial<HealthCheckBody> = {}): HealthCheckBody {
  const nothing = { database: null, of: null, reason: null, value: null, unit: null, version: null }
  const times = { since: null, succeededAt: null, failedAt: null }
  return { name: 'database', state: 'ok', ...nothing, ...times, runbook: 'docs/a.md#b', ...more }
}

const aHealth = (...checks: HealthCheckBody[]): HealthBody => ({
  at: at.toISOString(),
  state: 'failed',
  process: 'a test',
  checks,
})

const failed = aCheck({
  database: 'south',
  state: 'failed',
  reason: 'no_response',
  since: '2026-11-29T11:57:00.000Z',
})

test('a line says what, with its figure, why, since when and what to read; of what is ok, only what is known', () => {
  expect(checkLine(failed, at)).toBe('failed   south: database: does not respond, for 3 min, docs/a.md#b')
  expect(checkLine(aCheck({ version: '18.1' }), at)).toBe('ok       database: 18.1')
  const backup = aCheck({ name: 'backup', value: 90, unit: 'seconds', succeededAt: '2026-11-29T11:58:30.000Z' })
  expect(checkLine(backup, at)).toBe('ok       backup: 90 s, last success 90 s ago')
})

test('a screen has what is wrong first, no line that is too long, and counts what has no room', () => {
  const health = aHealth(aCheck(), aCheck({ name: 'schema' }), failed)
  const style = (_: unknown, text: string) => text
  const lines = healthScreen({ style, size: () => ({ rows: 6, columns: 30 }) }, health)
  expect(lines).toEqual([
    'Health at 12:00:00 UTC: failed',
    '',
    'failed   south: database: does',
    'ok       database',
    '… and 1 more',
  ])
})

test('only what has another state or reason is printed again', () => {
  const before = aHealth(aCheck({ value: 1 }), failed)
  expect(changedChecks(null, before)).toHaveLength(2)
  expect(changedChecks(before, aHealth(aCheck({ value: 2 }), failed))).toEqual([])
  const better = { ...failed, state: 'ok' as const, reason: null }
  expect(changedChecks(before, aHealth(aCheck(), better))).toEqual([better])
})

test('a check that there is no more is said to be gone, once', () => {
  const replica = aCheck({ name: 'replica', database: 'south', of: 'db2:5432', state: 'failed', reason: 'away' })
  const before = aHealth(aCheck(), replica)
  expect(goneLines(null, before)).toEqual([])
  expect(goneLines(before, aHealth(aCheck(), { ...replica, state: 'ok', reason: null }))).toEqual([])
  expect(goneLines(before, aHealth(aCheck()))).toEqual(['gone     south: replica: db2:5432'])
})

test('figures have units that people read', () => {
  expect([0.42, 90, 150, 7_300, 200_000, -200_000].map(durationText)).toEqual([
    '0.4 s',
    '90 s',
    '2 min',
    '2 h',
    '2 days',
    '-2 days',
  ])
  expect(figureText({ value: 1.5 * 2 ** 30, unit: 'bytes' })).toBe('1.5 GiB')
  expect(figureText({ value: 0.815, unit: 'share' })).toBe('82 %')
  expect(figureText({ value: 3, unit: 'count' })).toBe('3')
  expect(figureText({ value: null, unit: null })).toBeNull()
})

test('of a database that does not respond, no check is gone', () => {
  const job = aCheck({ name: 'job', database: 'south', of: 'sweep' })
  const other = aCheck({ name: 'job', database: 'north', of: 'sweep' })
  expect(goneLines(aHealth(job, other), aHealth(failed))).toEqual(['gone     north: job: sweep'])
})

test.each([
  aCheck({ name: 'backup', state: 'unknown', reason: 'not_readable' }),
  aCheck({ name: 'redis', state: 'failed', reason: 'no_response' }),
  aCheck({ name: 'disk', of: '/var', state: 'unknown', reason: 'not_readable' }),
  aCheck({ name: 'replica', of: 'db2:5432', state: 'unknown', reason: 'not_readable' }),
])('$name that could not be read says nothing of the one database', (unread) => {
  const job = aCheck({ name: 'job', of: 'sweep' })
  expect(goneLines(aHealth(job, unread), aHealth(unread))).toEqual(['gone     job: sweep'])
})

test('while the backups could not be read, their test is not gone', () => {
  const unread = aCheck({ name: 'backup', state: 'unknown', reason: 'not_readable' })
  expect(goneLines(aHealth(aCheck({ name: 'restore_test' }), unread), aHealth(unread))).toEqual([])
})

test('what vanished during an outage is gone after it, and what is as before is not printed again', () => {
  const job = (of: string) => aCheck({ name: 'job', database: 'south', of })
  const readings = [
    aHealth(job('sweep'), job('messages')),
    aHealth(failed),
    aHealth(failed),
    aHealth(aCheck({ database: 'south' }), job('sweep')),
    aHealth(aCheck({ database: 'south' }), job('sweep')),
  ]
  let before: HealthBody | null = null
  const lines: string[][] = []
  for (const reading of readings) {
    const changed = changedChecks(before, reading).map(({ name, of, state }) => `${name} ${of} ${state}`)
    lines.push([...changed, ...goneLines(before, reading)])
    before = withUnreadChecks(before, reading)
  }
  expect(lines).toEqual([
    ['job sweep ok', 'job messages ok'],
    ['database null failed'],
    [],
    ['database null ok', 'gone     south: job: messages'],
    [],
  ])
})
