import { randomInt } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import type { Plant } from './chaos-stage.ts'
import { allDisturbances, type ChaosOptions, mustSucceed, runChaos } from './run-chaos.ts'

vi.setConfig({ testTimeout: 600_000 })

const options = (overrides: Partial<ChaosOptions>): ChaosOptions => ({
  seconds: 6,
  seed: randomInt(1_000_000),
  clients: 8,
  disturb: allDisturbances,
  plant: null,
  say: () => undefined,
  ...overrides,
})

test('whatever fails: nothing is overbooked, lost, made twice or shown wrongly', async () => {
  const { seed, ...others } = options({})
  const { faults, counts } = await runChaos({ ...others, seed })
  expect({ seed, faults }).toEqual({ seed, faults: [] })
  const happened = [...mustSucceed, ...allDisturbances]
  expect(counts).toMatchObject(Object.fromEntries(happened.map((what) => [what, expect.any(Number)])))
})

describe('negative controls: a planted bug is found', () => {
  test.for([
    ['a cancelled booking keeps its place', 'verify'],
    ['the log skips events', 'the tail has not reported'],
  ] satisfies [Plant, string][])('%s', async ([plant, finding]) => {
    const { faults } = await runChaos(options({ plant, seconds: 2, disturb: [] }))
    expect(faults).toContainEqual(expect.stringContaining(finding))
  })
})
