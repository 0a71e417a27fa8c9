import { defineConfig } from 'vitest/config'
import { LongestFirst } from './packages/testkit/src/longest-first.ts'
import { SecondAttempts } from './packages/testkit/src/second-attempts.ts'
import { drills, inCi, patience } from './vitest.config.ts'

/**
 * In CI, a drill is repeated once, and reported, if one of the programs that it starts did not work. What a drill finds
 * is an assertion, whose message says what was expected, or what a promise did instead; that is never repeated.
 */
const retry = inCi ? { count: 1, condition: /^(?![\s\S]*\b(expected|instead of (rejecting|resolving))\b)/ } : 0

/**
 * `npm run test:drills`: installations, also on a machine in namespaces, chaos, outages of shards, restores, and
 * replays of data.
 */
export default defineConfig({
  test: {
    globalSetup: ['packages/testkit/src/vitest-global-setup.ts'],
    include: drills,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    ...patience,
    retry,
    reporters: inCi ? ['default', new SecondAttempts()] : ['default'],
  },
})
