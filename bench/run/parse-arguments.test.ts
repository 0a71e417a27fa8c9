import { expect, test } from 'vitest'
import { parseArguments } from './parse-arguments.ts'

const namesOf = (args: string[]) => {
  const parsed = parseArguments(args)
  return parsed.kind === 'run' ? parsed.scenarios.map(({ name }) => name) : parsed
}

test('no argument is the complete run, whose results are saved', () => {
  expect(parseArguments([])).toMatchObject({
    kind: 'run',
    isWhole: true,
    pace: { isSmoke: false },
    growthBookings: 1_000_000,
  })
})

test('names are only these scenarios, at full pace, and are not saved', () => {
  expect(namesOf(['spread', 'hot-doctor'])).toEqual(['hot-doctor', 'spread'])
  expect(parseArguments(['spread'])).toMatchObject({ isWhole: false, pace: { isSmoke: false } })
})

test('what reads in the security log and traces cost is measured alone, and in smoke', () => {
  expect(namesOf(['desk-lists', 'tracing'])).toEqual(['tracing', 'desk-lists'])
  expect(namesOf(['smoke'])).toEqual(expect.arrayContaining(['tracing', 'desk-lists']))
})

test('smoke is short and leaves out the slow scenarios', () => {
  expect(parseArguments(['smoke'])).toMatchObject({ kind: 'run', isWhole: false, pace: { isSmoke: true } })
  expect(namesOf(['smoke'])).not.toContain('growth')
})

test.each([[['nowhere']], [['--fast']], [['--growth=few']]])('%j is refused, with the list of scenarios', (args) => {
  expect(parseArguments(args)).toMatchObject({ kind: 'refused', message: expect.stringContaining('hot-doctor') })
})
