import { expect, test } from 'vitest'
import { createReadHolidays } from './read-holidays.ts'

test('two are read at a time and eight wait; more are refused, and those that are stored are not', async () => {
  const read = createReadHolidays()
  const query = { country: 'DE', region: null, language: 'en' } as const
  const stored = await read({ ...query, year: 2026 })
  const outcomes = await Promise.allSettled(Array.from({ length: 13 }, (_, n) => read({ ...query, year: 2026 + n })))
  const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  expect(refused).toHaveLength(2)
  for (const reason of refused) expect(reason).toMatchObject({ statusCode: 503, code: 'overloaded' })
  expect(outcomes[0]).toEqual({ status: 'fulfilled', value: stored })
  // Afterwards there is room again.
  expect((await read({ ...query, year: 2038 })).holidays.length).toBeGreaterThan(5)
}, 60_000)
