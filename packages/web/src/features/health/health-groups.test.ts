import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HealthCheck } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { helpPages } from '../../../help/help-pages.ts'
import { countsOf, helpOf, inGroups, inLargestUnit } from './health-groups.ts'

function aCheck(name: HealthCheck['name'], state: HealthCheck['state']): HealthCheck {
  const nothing = { database: null, of: null, reason: null, value: null, unit: null, version: null }
  return { name, state, ...nothing, since: null, succeededAt: null, failedAt: null, runbook: '' }
}

test('what is wrong is first in its group, and a group without checks is left out', () => {
  const checks = [aCheck('database', 'ok'), aCheck('verify', 'failed'), aCheck('clock', 'warning')]
  expect(inGroups(checks).map(({ group, checks }) => [group, ...checks.map(({ name }) => name)])).toEqual([
    ['databases', 'clock', 'database'],
    ['proof', 'verify'],
  ])
  expect(inGroups([])).toEqual([])
  expect(countsOf(checks)).toEqual([
    { state: 'failed', count: 1 },
    { state: 'warning', count: 1 },
    { state: 'ok', count: 1 },
  ])
})

test('a section of the documentation is a page of the help', () => {
  expect(helpOf('docs/operations/alerts.md#holdfastdatabasedown')).toBe('/help/operations-alerts#holdfastdatabasedown')
  for (const name of ['alerts', 'upgrade', 'overload', 'back-up']) {
    const source = `docs/operations/${name}.md`
    expect(existsSync(join(import.meta.dirname, '../../../../..', source))).toBe(true)
    expect(helpPages.find((page) => page.source === source)?.slug).toBe(helpOf(source).replace('/help/', ''))
  }
})

test('a length is shown in the largest unit of which it has two', () => {
  expect([0.44, 90, 121, 7_200, 200_000, -200_000].map(inLargestUnit)).toEqual([
    { value: 0.4, unit: 'second' },
    { value: 90, unit: 'second' },
    { value: 2, unit: 'minute' },
    { value: 2, unit: 'hour' },
    { value: 2, unit: 'day' },
    { value: -2, unit: 'day' },
  ])
})
