import { expect, test } from 'vitest'
import { throwAll } from './throw-all.ts'

test('all failures are thrown, with each message once', () => {
  const failures = ['is away', 'is full', 'is away'].map((message) => new Error(message))
  expect(() => throwAll(failures)).toThrow(new AggregateError(failures, 'is away; is full'))
  expect(() => throwAll([])).not.toThrow()
  const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:5432')])
  expect(() => throwAll([refused])).toThrow('connect ECONNREFUSED ::1:5432')
})
