import { DatabaseUnavailable } from '@holdfast/engine'
import { expect, test } from 'vitest'
import { afterCommit } from './after-commit.ts'
import { isOutcomeUnknown } from './error-handler.ts'
import { problem } from './problem-error.ts'

test.each<[string, Error]>([
  ['a connection is refused', Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' })],
  ['a constraint is violated', Object.assign(new Error('violated'), { code: '23514' })],
  ['the database is known to be away', problem('unavailable', 'The database cannot be reached.')],
  ['a read takes too long', new DatabaseUnavailable('too long', { outcomeUnknown: false, cause: null })],
])('after a commit, %s: the outcome is unknown', async (_what, error) => {
  expect(isOutcomeUnknown(error)).toBe(false)
  const thrown: unknown = await afterCommit(() => Promise.reject(error)).catch((reason: unknown) => reason)
  expect(isOutcomeUnknown(thrown)).toBe(true)
})

test('after a commit, a refusal stays one', async () => {
  const refusal = problem('booking_not_found', 'Gone.')
  await expect(afterCommit(() => Promise.reject(refusal))).rejects.toBe(refusal)
})
