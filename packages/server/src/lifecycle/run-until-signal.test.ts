import { expect, test, vi } from 'vitest'
import { runUntilSignal } from './run-until-signal.ts'
import { StartError } from './start-error.ts'

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s stops all, and the listeners are gone', async (signal) => {
  const before = process.listenerCount(signal)
  const stop = vi.fn(async () => undefined)
  const ended = runUntilSignal(async () => ({ stop }))
  process.emit(signal)
  expect(await ended).toBe(0)
  expect(stop).toHaveBeenCalledOnce()
  expect(process.listenerCount(signal)).toBe(before)
})

test('a signal during the start stops it as soon as it has started', async () => {
  const starting = Promise.withResolvers<{ stop(): Promise<void> }>()
  const stop = vi.fn(async () => undefined)
  const ended = runUntilSignal(() => starting.promise)
  process.emit('SIGTERM')
  expect(stop).not.toHaveBeenCalled()
  starting.resolve({ stop })
  expect(await ended).toBe(0)
  expect(stop).toHaveBeenCalledOnce()
})

test('a start that does not end after a signal is given up', async () => {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const exited = Promise.withResolvers<unknown>()
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    exited.resolve(code)
    return undefined as never
  })
  const starting = Promise.withResolvers<{ stop(): Promise<void> }>()
  const ended = runUntilSignal(() => starting.promise, { startMsMax: 10 })
  process.emit('SIGTERM')
  expect(await exited.promise).toBe(1)
  expect(lines.mock.calls).toEqual([['Stopped before it was ready: the start did not end within 0.01 s.']])
  starting.resolve({ stop: async () => undefined })
  await ended
  lines.mockRestore()
  exit.mockRestore()
})

test('a start that fails because of the signal counts as a stop; a bug is still a failure', async () => {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const failing = async (error: Error) => {
    const starting = Promise.withResolvers<{ stop(): Promise<void> }>()
    const ended = runUntilSignal(() => starting.promise)
    process.emit('SIGINT')
    starting.reject(error)
    return ended
  }
  const bug = new TypeError('x is not a function')
  expect(await failing(new StartError('initdb was terminated by signal 2'))).toBe(0)
  expect(await failing(bug)).toBe(1)
  expect(lines.mock.calls).toEqual([['Stopped before it was ready.'], [bug]])
  lines.mockRestore()
})

test('a failed start prints one line, a bug prints its stack; both return 1', async () => {
  const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const bug = new TypeError('x is not a function')
  expect(await runUntilSignal(() => Promise.reject(new StartError('the reason')))).toBe(1)
  expect(await runUntilSignal(() => Promise.reject(bug))).toBe(1)
  expect(lines.mock.calls).toEqual([['the reason'], [bug]])
  lines.mockRestore()
})
