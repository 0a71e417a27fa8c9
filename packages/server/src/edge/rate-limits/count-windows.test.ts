import { expect, test } from 'vitest'
import { createCountWindows, createLimit } from './count-windows.ts'
import { createSharedCounts } from './shared-counts.ts'

const aLimit = (max: number, name = 'test') => createLimit({ name, max, windowMs: 3_600_000, what: 'requests' }, 10)

/** Redis, whose scripts are not run: it returns what the test says. */
function sharedWith(reply: () => Promise<unknown>, isAvailable = true) {
  const calls: { keys: readonly string[]; args: readonly (string | number)[] }[] = []
  const figures = { ok: 0, late: 0, failed: 0, skipped: 0 }
  const redis = {
    isAvailable,
    figures,
    run: (_script: unknown, keys: readonly string[], args: readonly (string | number)[]) => {
      calls.push({ keys, args })
      return reply()
    },
    publish: async () => undefined,
    subscribe: () => undefined,
    close: () => undefined,
  }
  return { calls, shared: createSharedCounts(redis, (text) => `digest of ${text.length}`) }
}

test('a group of which one window is exceeded counts for none of its windows', async () => {
  const count = createCountWindows(null)
  const [small, large] = [aLimit(1), aLimit(10)]
  const group = [
    { limit: large, key: 'a' },
    { limit: small, key: 'a' },
  ]
  const remaining = async () => (await count([group])).states.map((state) => state.remaining)
  expect(await remaining()).toEqual([9, 0])
  expect((await count([group])).states.map(({ isExceeded }) => isExceeded)).toEqual([false, true])
  const [state] = (await count([[{ limit: large, key: 'a' }]])).states
  expect(state?.remaining).toBe(8)
})

test('what comes after an exceeded group is not counted; what came before is', async () => {
  const count = createCountWindows(null)
  const [first, full, last] = [aLimit(10), aLimit(0), aLimit(10)]
  const groups = [first, full, last].map((limit) => [{ limit, key: 'a' }])
  expect((await count(groups)).states).toHaveLength(2)
  const states = await Promise.all([first, last].map((limit) => count([[{ limit, key: 'a' }]])))
  expect(states.map((counted) => counted.states[0]?.remaining)).toEqual([8, 9])
})

test('all windows of a request are counted by one call, under digests', async () => {
  const { calls, shared } = sharedWith(async () => [1, 5_000, 1_500, 0, 2, 6_000, 2_000, 0])
  const count = createCountWindows(shared)
  const groups = [[{ limit: aLimit(3, 'one'), key: '192.0.2.1' }], [{ limit: aLimit(2, 'two'), key: 'a@example.org' }]]
  const { states, giveBack } = await count(groups)
  expect(states).toMatchObject([
    { max: 3, remaining: 2, ttlInSeconds: 2, isExceeded: false },
    { max: 2, remaining: 0, ttlInSeconds: 2, isExceeded: false },
  ])
  const keys = ['holdfast:limit:one:digest of 13', 'holdfast:limit:two:digest of 17']
  expect(calls).toEqual([{ keys, args: [3, 3_600_000, 0, 2, 3_600_000, 1] }])
  await giveBack()
  expect(calls[1]).toEqual({ keys, args: [5_000, 6_000] })
})

test('without a reply in time the process counts on by itself, with what it admitted before', async () => {
  let reply: unknown = [1, 5_000, 1_500, 0]
  const { calls, shared } = sharedWith(async () => reply)
  const count = createCountWindows(shared)
  const groups = [[{ limit: aLimit(2), key: 'a' }]]
  const isExceeded = async () => (await count(groups)).states[0]?.isExceeded
  expect(await isExceeded()).toBe(false)
  reply = undefined
  expect([await isExceeded(), await isExceeded()]).toEqual([false, true])
  expect(calls).toHaveLength(3)
})

test('while Redis is not available it is not asked', async () => {
  const { calls, shared } = sharedWith(() => Promise.reject(new Error('not expected')), false)
  const counted = createCountWindows(shared)([[{ limit: aLimit(1), key: 'a' }]])
  expect(counted).not.toBeInstanceOf(Promise)
  expect(calls).toEqual([])
})
