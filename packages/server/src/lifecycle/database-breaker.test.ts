import { DatabaseUnavailable } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { DatabaseBreaker } from './database-breaker.ts'

test('five consecutive failures open it, two successes close it, and it reports each change', () => {
  const turns: boolean[] = []
  const breaker = new DatabaseBreaker((isOpen) => turns.push(isOpen))
  for (let n = 0; n < 4; n += 1) breaker.report(false)
  breaker.report(true)
  for (let n = 0; n < 4; n += 1) breaker.report(false)
  expect(() => breaker.check()).not.toThrow()
  breaker.report(false)
  expect(() => breaker.check()).toThrow(DatabaseUnavailable)
  breaker.report(true)
  breaker.report(false)
  breaker.report(true)
  expect(() => breaker.check()).toThrow(DatabaseUnavailable)
  breaker.report(true)
  expect(() => breaker.check()).not.toThrow()
  expect(turns).toEqual([true, false])
})
