import { expect, onTestFinished, test, vi } from 'vitest'
import { workInWindow } from './work-in-window.ts'

/** Items that are taken once each, in their order. Work on one of `held` ends with `release`. */
function aWindow(items: string[], held: readonly string[] = []) {
  const waiting = [...items]
  const begun: string[] = []
  const released = Promise.withResolvers<void>()
  let most = 0
  let underway = 0
  return {
    begun,
    mostAtOnce: () => most,
    release: released.resolve,
    take: async (limit: number) => waiting.splice(0, limit),
    async work(item: string) {
      begun.push(item)
      underway += 1
      most = Math.max(most, underway)
      if (held.includes(item)) await released.promise
      underway -= 1
    },
  }
}

test('an item that takes long occupies one place, and the others are worked on', async () => {
  const { begun, mostAtOnce, release, take, work } = aWindow(['long', 'a', 'b', 'c', 'd', 'last'], ['long'])
  await workInWindow({
    atOnceMax: 2,
    take,
    // Without the window, the last one would wait for the long one.
    work: (item) => (item === 'last' ? work(item).then(release) : work(item)),
  })
  expect(begun).toEqual(['long', 'a', 'b', 'c', 'd', 'last'])
  expect(mostAtOnce()).toBe(2)
})

test('nothing is taken after the time of a run, or after it is to stop', async () => {
  let nowMs = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  onTestFinished(() => clock.mockRestore())
  const late = aWindow(['a', 'b', 'c'])
  const passes = async (item: string) => {
    await late.work(item)
    nowMs += 600
  }
  await workInWindow({ atOnceMax: 1, take: late.take, work: passes, runMsMax: 1_000 })
  expect(late.begun).toEqual(['a', 'b'])
  const stopped = aWindow(['a', 'b', 'c'])
  const stopping = new AbortController()
  const stops = async (item: string) => {
    await stopped.work(item)
    stopping.abort()
  }
  await workInWindow({ atOnceMax: 1, take: stopped.take, work: stops, signal: stopping.signal })
  expect(stopped.begun).toEqual(['a'])
})

test.for(['work', 'take'] as const)('after an error of %s nothing is taken, what is under way ends', async (what) => {
  const { begun, release, take, work } = aWindow(['long', 'a', 'b', 'c'], ['long'])
  let hasEnded = false
  let taken = 0
  const failed = Promise.withResolvers<void>()
  const fails = () => {
    failed.resolve()
    throw new Error('planted')
  }
  const running = workInWindow({
    atOnceMax: 2,
    async take(limit) {
      taken += 1
      return taken === 2 && what === 'take' ? fails() : take(limit)
    },
    async work(item) {
      await work(item)
      if (item === 'a' && what === 'work') fails()
      if (item === 'long') hasEnded = true
    },
  })
  const outcome = expect(running).rejects.toThrow('planted')
  await failed.promise
  release()
  await outcome
  expect(hasEnded).toBe(true)
  expect(begun).toEqual(['long', 'a'])
})
