import type { Problem } from '@holdfast/contract/client'
import { afterEach, expect, test, vi } from 'vitest'
import { RefusedError, UnreachableError } from './api-error.ts'
import { shouldRetry } from './query-client.ts'

const refused = (code: Problem['code']) => new RefusedError({ type: '', title: '', status: 0, detail: '', code })

afterEach(() => vi.unstubAllGlobals())

test('network and server failures are retried a few times, refusals never', () => {
  for (const error of [new UnreachableError(null), refused('overloaded'), refused('unavailable')]) {
    expect([0, 1, 2, 3].map((failures) => shouldRetry(failures, error))).toEqual([true, true, true, false])
  }
  for (const code of ['not_found', 'unauthenticated', 'forbidden', 'invalid_request', 'rate_limited'] as const) {
    expect(shouldRetry(0, refused(code))).toBe(false)
  }
})

test('offline nothing is retried; a server error is retried even then', () => {
  vi.stubGlobal('navigator', { onLine: false })
  expect(shouldRetry(0, new UnreachableError(null))).toBe(false)
  expect(shouldRetry(0, refused('unavailable'))).toBe(true)
  vi.stubGlobal('navigator', { onLine: true })
  expect(shouldRetry(0, new UnreachableError(null))).toBe(true)
})
