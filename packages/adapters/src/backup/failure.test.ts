import { setImmediate } from 'node:timers/promises'
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

/** Whether something keeps the promise of a wait that has ended. */
async function isKept(wait: (promise: Promise<void>) => Promise<void>): Promise<boolean> {
  const waiting = new WeakRef(wait(Promise.resolve()))
  await waiting.deref()
  await setImmediate()
  collectGarbage()
  return waiting.deref() !== undefined
}

test('a wait that has ended leaves nothing behind', async () => {
  const failure = new Failure()
  expect(await isKept((promise) => failure.before(promise))).toBe(false)
  // The control: the race is kept for as long as the other promise is pending.
  const pending = new Promise<void>(() => undefined)
  expect(await isKept((promise) => Promise.race([promise, pending]))).toBe(true)
  // Used here, so that neither is collected before.
  failure.fail(new Error('the end'))
  expect(pending).toBeInstanceOf(Promise)
})
