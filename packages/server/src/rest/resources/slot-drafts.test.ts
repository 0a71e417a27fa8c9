import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSlotDrafts } from './slot-drafts.ts'

const now = new Date('2026-11-01T00:00:00Z')
const minute = (count: number) => new Date(now.getTime() + count * 60_000)

const span = fc.record({ start: fc.integer({ min: 1, max: 60 }), length: fc.integer({ min: 1, max: 8 }) })

test('drafts are refused exactly when two of them overlap, by the later one of each pair', () => {
  fc.assert(
    fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
      const sent = spans.map(({ start, length }) => ({
        startsAt: minute(start).toISOString(),
        endsAt: minute(start + length).toISOString(),
      }))
      const clashing = spans.some((one, i) =>
        spans.some((two, j) => i < j && one.start < two.start + two.length && two.start < one.start + one.length),
      )
      const outcome = parseSlotDrafts(sent, now)
      expect(outcome.kind).toBe(clashing ? 'invalid' : 'parsed')
      if (outcome.kind === 'parsed') return
      for (const { path, message } of outcome.errors) {
        const [later, earlier] = [path, message].map((text) => Number(/\/slots\/(\d+)/.exec(text)?.[1]))
        const [one, two] = [spans[later ?? -1], spans[earlier ?? -1]]
        if (!one || !two) throw new Error(`${path} ${message}`)
        expect(later).toBeGreaterThan(earlier ?? 0)
        expect(one.start < two.start + two.length && two.start < one.start + one.length).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

test('the limit of two years ahead is exact to the millisecond', () => {
  const slot = (startsAt: string) => [{ startsAt, endsAt: '2028-11-01T00:30:00Z' }]
  expect(parseSlotDrafts(slot('2028-11-01T00:00:00Z'), now).kind).toBe('parsed')
  expect(parseSlotDrafts(slot('2028-11-01T00:00:00.001Z'), now).kind).toBe('invalid')
})

test('at most twenty errors are reported', () => {
  const wrong = Array.from({ length: 100 }, () => ({
    startsAt: '2027-01-02T00:00:00Z',
    endsAt: '2027-01-01T00:00:00Z',
  }))
  const outcome = parseSlotDrafts(wrong, now)
  expect(outcome.kind === 'invalid' && outcome.errors.length).toBe(20)
})
