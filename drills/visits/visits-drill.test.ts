import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failuresOfVisits, runVisitsDrill } from './run-visits-drill.ts'

// The real data lies beside the project where it may be used, and is never part of it.
const path = join(import.meta.dirname, '../../../shared/data/or-cases-2022-jan-feb.csv')
if (!existsSync(path)) console.warn(`Real visits in open sessions are not tested here: there is no ${path}.`)

test.runIf(existsSync(path))(
  'real visits in shorter sessions: more are booked than in fixed slots, and none overlap',
  async () => {
    const result = await runVisitsDrill(path, { minutes: 360, say: () => undefined })
    expect(failuresOfVisits(result)).toEqual([])
    const refused = Object.values(result.refused).reduce((sum, count) => sum + count, 0)
    expect(result.accepted + refused).toBe(result.visits)
    expect(refused).toBeGreaterThan(0)
    expect(result.accepted).toBeGreaterThan(Math.max(...result.fixedSlots.map(({ accepted }) => accepted)))
  },
)

test('negative control: overlaps and findings fail a run', () => {
  const found = {
    visits: 1,
    sessions: 1,
    accepted: 1,
    refused: {},
    bookedMinutes: 0,
    sessionMinutes: 0,
    fixedSlots: [],
  }
  const faultless = { ...found, overlaps: 0, wrongMinutes: 0, mismatches: 0 }
  expect(failuresOfVisits(faultless)).toEqual([])
  for (const fault of ['overlaps', 'wrongMinutes', 'mismatches']) {
    expect(failuresOfVisits({ ...faultless, [fault]: 1 })).toHaveLength(1)
  }
})
