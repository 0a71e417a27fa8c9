import { expect, test } from 'vitest'
import { retryUntilStopped } from './retry-until-stopped.ts'

test('work is repeated until it succeeds, whatever it throws', async () => {
  const failures = [new TypeError('a bug'), new Error('a lost connection'), 'no error at all']
  const seen: unknown[] = []
  let attempts = 0
  await retryUntilStopped(
    async () => {
      attempts += 1
      if (attempts <= failures.length) throw failures[attempts - 1]
    },
    { delayMs: 1, signal: new AbortController().signal, onFailure: (error) => seen.push(error) },
  )
  expect(attempts).toBe(4)
  expect(seen).toEqual(failures)
})

test('it ends quietly when it is stopped', async () => {
  const stop = new AbortController()
  const work = async () => {
    stop.abort()
    throw new Error('not yet')
  }
  await expect(retryUntilStopped(work, { delayMs: 60_000, signal: stop.signal })).resolves.toBeUndefined()
})
