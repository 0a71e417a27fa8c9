import { randomInt } from 'node:crypto'

/**
 * Of planted bugs that a random test takes seconds each to find, those that it looks for in this run: one that is
 * drawn, or all where HOLDFAST_TEST_CONTROLS is `all`, as in `.ci/nightly`. Name the test for the bug, and plant all
 * bugs in another test, so that a change of what they replace is noticed in each run.
 */
export function controlsOfRun<Bug>(bugs: readonly Bug[]): readonly Bug[] {
  if (process.env.HOLDFAST_TEST_CONTROLS === 'all') return bugs
  const drawn = randomInt(bugs.length)
  return bugs.slice(drawn, drawn + 1)
}
