import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Failure } from './failure.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

test('what waits fails, and what begins to wait later', async () => {
  const failure = new Failure()
  const waiting = failure.before(new Promise(() => undefined))
  failure.fail(new Error('the first'))
  failure.fail(new Error('the second'))
  await expect(waiting).rejects.toThrow('the first')
  await expect(failure.before(Promise.resolve(1))).rejects.toThrow('the first')
  await expect(failure.before(Promise.reject(new Error('its own')))).rejects.toThrow('the first')
})

test('before, the promise’s own result or error counts', async () => {
  const failure = new Failure()
  expect(await failure.before(Promise.resolve(1))).toBe(1)
  await expect(failure.before(Promise.reject(new Error('its own')))).rejects.toThrow('its own')
})

const waits = 100_000

/** How many bytes a wait that has ended leaves in memory. */
async function bytesKept(wait: (promise: Promise<void>) => Promise<void>): Promise<number> {
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let count = 0; count < waits; count += 1) await wait(Promise.resolve())
  collectGarbage()
  return (process.memoryUsage().heapUsed - before) / waits
}

test('a wait that has ended leaves nothing behind', async () => {
  const failure = new Failure()
  expect(await bytesKept((promise) => failure.before(promise))).toBeLessThan(20)
  // The control: the promise that is pending keeps a reaction for each race.
  const pending = Promise.withResolvers<void>()
  expect(await bytesKept((promise) => Promise.race([promise, pending.promise]))).toBeGreaterThan(100)
  // Used here, so that neither is collected before.
  failure.fail(new Error('the end'))
  pending.resolve()
})
