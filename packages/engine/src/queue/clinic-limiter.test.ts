import { describe, expect, test, vi } from 'vitest'
import { createClinicLimiter } from './clinic-limiter.ts'

/** Work that ends when the test says so. */
function barrier() {
  const ends: (() => void)[] = []
  return {
    work: () => new Promise<'done'>((resolve) => void ends.push(() => resolve('done'))),
    begun: () => ends.length,
    endAll: () => ends.splice(0).forEach((end) => void end()),
  }
}

const settings = { atOnceMax: 2, waitingMax: 1, waitMsMax: 60_000 }
const nextTick = () => new Promise((resolve) => setImmediate(resolve))

describe('a clinic whose changes all wait', () => {
  test('has so many at once, so many more waiting, and further ones are refused', async () => {
    const limitClinic = createClinicLimiter(settings)
    const { work, begun, endAll } = barrier()
    const changes = [limitClinic(1, work), limitClinic(1, work), limitClinic(1, work)]
    await nextTick()
    expect(begun()).toBe(2)
    expect(await limitClinic(1, work)).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
    endAll()
    await nextTick()
    endAll()
    expect(await Promise.all(changes)).toEqual(['done', 'done', 'done'])
  })

  test('does not limit other clinics', async () => {
    const limitClinic = createClinicLimiter(settings)
    const { work, endAll } = barrier()
    const changes = [limitClinic(1, work), limitClinic(1, work), limitClinic(1, work)]
    expect(await limitClinic(2, async () => 'at once')).toBe('at once')
    await nextTick()
    endAll()
    await nextTick()
    endAll()
    await Promise.all(changes)
  })
})

test('what has waited too long is not attempted', async () => {
  const limitClinic = createClinicLimiter({ ...settings, atOnceMax: 1, waitMsMax: -1 })
  let runs = 0
  const outcome = await limitClinic(1, async () => {
    runs += 1
  })
  expect([outcome, runs]).toEqual([{ kind: 'overloaded', retryAfterSeconds: 1 }, 0])
})

test('what waits is refused at its deadline, also while other work goes on', async () => {
  const limitClinic = createClinicLimiter({ ...settings, atOnceMax: 1, waitMsMax: 20 })
  const { work, endAll } = barrier()
  const running = limitClinic(1, work)
  let runs = 0
  const late = async () => {
    runs += 1
  }
  expect(await limitClinic(1, late)).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  endAll()
  expect(await running).toBe('done')
  await nextTick()
  expect(runs).toBe(0)
})

test('without a deadline, it waits until there is room', async () => {
  const limitClinic = createClinicLimiter({ ...settings, atOnceMax: 1 })
  const { work, endAll } = barrier()
  const running = limitClinic(1, work)
  const timer = vi.spyOn(globalThis, 'setTimeout')
  const waiting = limitClinic(1, async () => 'done at last', Number.POSITIVE_INFINITY)
  // One of Infinity would fire at once.
  expect(timer).not.toHaveBeenCalled()
  timer.mockRestore()
  await nextTick()
  endAll()
  expect([await running, await waiting]).toEqual(['done', 'done at last'])
})

test('what was refused at its deadline does not count as waiting', async () => {
  const limitClinic = createClinicLimiter({ ...settings, atOnceMax: 1 })
  const { work, endAll } = barrier()
  const running = limitClinic(1, work)
  expect(await limitClinic(1, work, performance.now())).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  const waiting = limitClinic(1, async () => 'done at last')
  expect(await limitClinic(1, work)).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  endAll()
  expect([await running, await waiting]).toEqual(['done', 'done at last'])
})

test('work that fails makes room for other work', async () => {
  const limitClinic = createClinicLimiter({ ...settings, atOnceMax: 1 })
  await expect(limitClinic(1, () => Promise.reject(new Error('It failed.')))).rejects.toThrow('It failed.')
  expect(await limitClinic(1, async () => 'next')).toBe('next')
})
