import { expect, test } from 'vitest'
import { createRecentCounts } from './recent-counts.ts'

/** Counts 1, 2, 3 …, and takes so long for each. */
function counts(tookMs: number) {
  let [nowMs, counted] = [0, 0]
  const count = async () => {
    nowMs += tookMs
    counted += 1
    return counted
  }
  return { countIn: createRecentCounts<string>(count, () => nowMs), pass: (ms: number) => (nowMs += ms) }
}

test('what is counted quickly is counted each time', async () => {
  const { countIn } = counts(20)
  expect([await countIn('north'), await countIn('north')]).toEqual([1, 2])
})

test('what takes long to count is counted now and then, and nobody waits for it again', async () => {
  const { countIn, pass } = counts(1_000)
  expect([await countIn('north'), await countIn('north')]).toEqual([1, 1])
  expect(await countIn('south')).toBe(2)
  pass(100_000)
  expect(await countIn('north')).toBe(1)
  expect(await countIn('north')).toBe(3)
})

test('requests at the same time share a count, and one that fails is repeated', async () => {
  const results = [Promise.withResolvers<number>(), Promise.withResolvers<number>()]
  let calls = 0
  const countIn = createRecentCounts<string>(() => results[calls++]?.promise ?? Promise.reject(new Error('Too many.')))
  const both = Promise.allSettled([countIn('north'), countIn('north')])
  results[0]?.reject(new Error('planted'))
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  results[1]?.resolve(7)
  expect([await countIn('north'), calls]).toEqual([7, 2])
})
