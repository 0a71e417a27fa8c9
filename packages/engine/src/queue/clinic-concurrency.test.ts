import { describe, expect, test, vi } from 'vitest'
import { limitClinicConcurrency } from './clinic-concurrency.ts'

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
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a clinic whose changes all wait', () => {
  test('has so many at once, so many more waiting, and further ones are refused', async () => {
    const limitConcurrency = limitClinicConcurrency(settings)
    const { work, begun, endAll } = barrier()
    const changes = [limitConcurrency(1, work), limitConcurrency(1, work), limitConcurrency(1, work)]
    await turn()
    expect(begun()).toBe(2)
    expect(await limitConcurrency(1, work)).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
    endAll()
    await turn()
    endAll()
    expect(await Promise.all(changes)).toEqual(['done', 'done', 'done'])
  })

  test('does not limit other clinics', async () => {
    const limitConcurrency = limitClinicConcurrency(settings)
    const { work, endAll } = barrier()
    const changes = [limitConcurrency(1, work), limitConcurrency(1, work), limitConcurrency(1, work)]
    expect(await limitConcurrency(2, async () => 'at once')).toBe('at once')
    await turn()
    endAll()
    await turn()
    endAll()
    await Promise.all(changes)
  })
})

test('what has waited too long is not attempted', async () => {
  const limitConcurrency = limitClinicConcurrency({ ...settings, atOnceMax: 1, waitMsMax: -1 })
  let runs = 0
  const outcome = await limitConcurrency(1, async () => {
    runs += 1
  })
  expect([outcome, runs]).toEqual([{ kind: 'overloaded', retryAfterSeconds: 1 }, 0])
})

test('what waits is refused at its deadline, also while no turn becomes free', async () => {
  const limitConcurrency = limitClinicConcurrency({ ...settings, atOnceMax: 1, waitMsMax: 20 })
  const { work, endAll } = barrier()
  const running = limitConcurrency(1, work)
  let runs = 0
  const late = async () => {
    runs += 1
  }
  expect(await limitConcurrency(1, late)).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  endAll()
  expect(await running).toBe('done')
  await turn()
  expect(runs).toBe(0)
})

test('without a deadline, it waits until it is its turn', async () => {
  const limitConcurrency = limitClinicConcurrency({ ...settings, atOnceMax: 1 })
  const { work, endAll } = barrier()
  const running = limitConcurrency(1, work)
  const timer = vi.spyOn(globalThis, 'setTimeout')
  const waiting = limitConcurrency(1, async () => 'done at last', Number.POSITIVE_INFINITY)
  // One of Infinity would fire at once.
  expect(timer).not.toHaveBeenCalled()
  timer.mockRestore()
  await turn()
  endAll()
  expect([await running, await waiting]).toEqual(['done', 'done at last'])
})

test('what was refused at its deadline does not count as waiting', async () => {
  const limitConcurrency = limitClinicConcurrency({ ...settings, atOnceMax: 1 })
  const { work, endAll } = barrier()
  const running = limitConcurrency(1, work)
  expect(await limitConcurrency(1, work, performance.now())).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  const waiting = limitConcurrency(1, async () => 'done at last')
  expect(await limitConcurrency(1, work)).toEqual({ kind: 'overloaded', retryAfterSeconds: 1 })
  endAll()
  expect([await running, await waiting]).toEqual(['done', 'done at last'])
})

test('a turn that fails is free again', async () => {
  const limitConcurrency = limitClinicConcurrency({ ...settings, atOnceMax: 1 })
  await expect(limitConcurrency(1, () => Promise.reject(new Error('It failed.')))).rejects.toThrow('It failed.')
  expect(await limitConcurrency(1, async () => 'next')).toBe('next')
})
