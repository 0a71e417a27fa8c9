import { randomInt } from 'node:crypto'

/**
 * The cases of this run, out of cases that take long, such as planted bugs that a random test has to find: so many,
 * which are drawn, or all where HOLDFAST_TEST_DRAWN is `all`, as in `.ci/nightly`. Name each test for its case. Where
 * bugs are planted, plant all of them in another test, so that a change of what they replace is noticed in each run.
 */
export function drawnOfRun<Case>(cases: readonly Case[], count = 1): readonly Case[] {
  if (process.env.HOLDFAST_TEST_DRAWN === 'all') return cases
  const left = [...cases]
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(randomInt(left.length), 1)).flat()
}
