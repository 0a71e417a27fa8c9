import { expect, test } from 'vitest'
import { singleFlight } from './single-flight.ts'

test('calls with the same key share a load that is running; a later call starts a new one', async () => {
  const gate = Promise.withResolvers<void>()
  let loads = 0
  const load = singleFlight(
    async (key: string) => {
      loads += 1
      await gate.promise
      return `${key} ${loads}`
    },
    (key) => key,
  )
  const together = [load('a'), load('a'), load('b')]
  expect(loads).toBe(2)
  gate.resolve()
  expect(await Promise.all(together)).toEqual(['a 2', 'a 2', 'b 2'])
  expect(await load('a')).toBe('a 3')
})

test('a failure rejects all calls that share the load, and is not cached', async () => {
  let fails = true
  const load = singleFlight(
    async () => {
      if (fails) throw new Error('lost')
      return 'found'
    },
    () => 'all',
  )
  const results = await Promise.allSettled([load(0), load(0)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  fails = false
  expect(await load(0)).toBe('found')
})
