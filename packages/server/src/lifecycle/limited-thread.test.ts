import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { resultOfThread } from './limited-thread.ts'

const thread = (source: string) => new Worker(source, { eval: true })

/** Much more than starting a thread takes. */
const limits = { cpuMsMax: 1_500, wallMsMax: 240_000 }

test('the limit is processor time: of two threads, the one that computes is ended, and not the one that waits', {
  timeout: 240_000,
}, async () => {
  const waiting = thread(`
    const { parentPort } = require('node:worker_threads')
    parentPort.once('message', () => parentPort.postMessage('waited'))
  `)
  await new Promise<void>((resolve) => waiting.once('online', resolve))
  const beganMs = performance.now()
  const waited = resultOfThread<string>(waiting, limits)
  // It takes at least as long as the processor time that it may use.
  expect(await resultOfThread(thread('for (;;) {}'), limits)).toEqual({ kind: 'too_long' })
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(limits.cpuMsMax)
  waiting.postMessage('go on')
  expect(await waited).toEqual({ kind: 'message', message: 'waited' })
})

test('negative control: with wall clock as its limit, the thread that waits is ended', async () => {
  const waiting = thread(`require('node:worker_threads').parentPort.once('message', () => undefined)`)
  expect(await resultOfThread(waiting, { ...limits, wallMsMax: 10 })).toEqual({ kind: 'too_long' })
})

test('a thread that ends without a message, or fails, is not waited for', async () => {
  expect(await resultOfThread(thread(''), limits)).toEqual({ kind: 'ended' })
  expect(await resultOfThread(thread('throw new Error()'), limits)).toEqual({ kind: 'ended' })
})
