import { defineConfig } from 'vitest/config'
import { LongestFirst } from './packages/testkit/src/longest-first.ts'
import { drills } from './vitest.config.ts'

/** `npm run test:drills`: an installation on a machine in namespaces, chaos, a restore, and replays of real data. */
export default defineConfig({
  test: {
    globalSetup: ['packages/testkit/src/vitest-global-setup.ts'],
    include: drills,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 90_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 20_000 } },
  },
})
