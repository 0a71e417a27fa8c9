import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCapacityFactor, unitsFor } from './capacity-factor.ts'

describe('a capacity factor', () => {
  test.each([
    ['1', 5, 5],
    ['0.8', 5, 4],
    ['0.8', 1, 1],
    ['0.80', 41, 33],
    ['0.1', 10, 1],
    ['0.1', 30, 3],
    ['1.1', 10, 11],
    ['0.07', 100, 7],
    ['0.000001', 1, 1],
    ['1000', 50, 50_000],
  ])('%s of %i appointments is %i units', (text, appointments, units) => {
    const factor = parseCapacityFactor(text)
    expect(factor).not.toBeNull()
    if (factor !== null) expect(unitsFor(factor, appointments)).toBe(units)
  })

  test('floating point would give another number: 0.07 of 100 appointments is 7 units, not 8', () => {
    expect(Math.ceil(0.07 * 100)).toBe(8)
  })

  test.each(['0', '0.0', '-1', '1e3', '1001', '1000.1', '0.1234567', '.5', '1.', '', ' 1', 'NaN', '१', '0x1', '1,5'])(
    'refuses %j',
    (text) => {
      expect(parseCapacityFactor(text)).toBeNull()
    },
  )

  test('is the least whole number that is not below factor × appointments, for any factor', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999_999 }),
        fc.integer({ min: 1, max: 1000 }),
        (millionths, appointments) => {
          const factor = parseCapacityFactor(`0.${String(millionths).padStart(6, '0')}`)
          if (factor === null) throw new Error('is a factor')
          const units = unitsFor(factor, appointments)
          const product = BigInt(millionths) * BigInt(appointments)
          expect(BigInt(units) * 1_000_000n >= product).toBe(true)
          expect((BigInt(units) - 1n) * 1_000_000n < product).toBe(true)
        },
      ),
    )
  })
})
