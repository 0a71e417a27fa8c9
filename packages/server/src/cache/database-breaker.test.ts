import { DatabaseUnavailable } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { DatabaseBreaker } from './database-breaker.ts'

test('five consecutive failures open it, two successes close it, and it reports each change', () => {
  const turns: boolean[] = []
  const breaker = new DatabaseBreaker((isOpen) => turns.push(isOpen))
  for (let n = 0; n < 4; n += 1) breaker.failed()
  breaker.succeeded()
  for (let n = 0; n < 4; n += 1) breaker.failed()
  expect(() => breaker.check()).not.toThrow()
  breaker.failed()
  expect(() => breaker.check()).toThrow(DatabaseUnavailable)
  breaker.succeeded()
  breaker.failed()
  breaker.succeeded()
  expect(breaker.isOpen).toBe(true)
  breaker.succeeded()
  expect(breaker.isOpen).toBe(false)
  expect(turns).toEqual([true, false])
})
