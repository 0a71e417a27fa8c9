import type { HealthState } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { healthCheck } from './health-check.ts'
import { SeenSince } from './seen-since.ts'

test('a check is not ok since the first state that was not, until it is ok', () => {
  const seen = new SeenSince()
  const sinceOf = (state: HealthState, minute: number) => {
    const check = healthCheck('certificate', { state, reason: null, runbook: '' })
    return seen.complete([check], new Date(minute * 60_000))[0]?.since
  }
  const at = (minute: number) => new Date(minute * 60_000).toISOString()
  expect([sinceOf('warning', 1), sinceOf('failed', 2), sinceOf('unknown', 3)]).toEqual([at(1), at(1), at(1)])
  expect([sinceOf('ok', 4), sinceOf('failed', 5)]).toEqual([null, at(5)])
})
