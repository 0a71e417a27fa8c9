import { expect, test } from 'vitest'
import { parseArguments } from './parse-arguments.ts'

const namesOf = (args: string[]) => {
  const parsed = parseArguments(args)
  return parsed.kind === 'run' ? parsed.scenarios.map(({ name }) => name) : parsed
}

test('nothing is the whole run, whose results are kept', () => {
  expect(parseArguments([])).toMatchObject({
    kind: 'run',
    isWhole: true,
    pace: { isSmoke: false },
    growthBookings: 1_000_000,
  })
})

test('names are these scenarios alone, at full pace, and are not kept', () => {
  expect(namesOf(['spread', 'hot-doctor'])).toEqual(['hot-doctor', 'spread'])
  expect(parseArguments(['spread'])).toMatchObject({ isWhole: false, pace: { isSmoke: false } })
})

test('smoke is short and leaves out what takes long', () => {
  expect(parseArguments(['smoke'])).toMatchObject({ kind: 'run', isWhole: false, pace: { isSmoke: true } })
  expect(namesOf(['smoke'])).not.toContain('growth')
})

test.each([[['nowhere']], [['--fast']], [['--growth=few']]])('%j is refused, with what there is', (args) => {
  expect(parseArguments(args)).toMatchObject({ kind: 'refused', message: expect.stringContaining('hot-doctor') })
})
