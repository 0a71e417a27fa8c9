import { fileURLToPath } from 'node:url'
import { defaultExclude, defineConfig, type TestUserConfig } from 'vitest/config'
import { LongestFirst } from './packages/testkit/src/longest-first.ts'
import { SecondAttempts } from './packages/testkit/src/second-attempts.ts'
import { SlowestFiles } from './packages/testkit/src/slowest-files.ts'
import { filesOfOtherParts, parts } from './tools/test-parts.ts'

/** Measures how fast the site is, and so runs alone, after all the others. */
const timed = 'packages/web/browser-tests/speed.test.ts'

/** They share a server and a browser, so the files of a worker run in one process. */
const browserTests = 'packages/web/browser-tests/**/*.test.ts'

/**
 * The first ones set the clock that the ids of a process never go back behind; the second replaces a module; the last
 * one hashes passwords at their real costs.
 */
const isolated = ['packages/engine/src/model/*.test.ts', 'packages/server/src/accounts/accounts.test.ts']

/** Many tests sign in. At the real costs, hashing passwords took 3 % of the processor time of all tests. */
const alias = { '@node-rs/argon2': fileURLToPath(new URL('packages/testkit/src/cheap-argon2.ts', import.meta.url)) }

/** Whole installations, outages of shards, restores and replays of data, which take minutes: `npm run test:drills`. */
export const drills = [
  'test/deploy/{cluster-files,installation,interrupted-upgrade,uninstall}.test.ts',
  'test/npm-start.test.ts',
  'drills/**/*.test.ts',
  'packages/server/test/{pgbouncer,redis,replicas,replicas-of-shards}.test.ts',
  'packages/server/src/compose/{hung-shard,outages-of-shards}.test.ts',
  'packages/server/src/backups/start-backups.test.ts',
  'packages/adapters/src/backup/{backup,s3-backups,set-back}.test.ts',
  'packages/adapters/src/embedded-postgres/start-embedded-postgres.test.ts',
  'packages/cli/src/commands/{move-while-running,restore-erasures,restore-refused,restore-separate,s3-backups}.test.ts',
  'packages/cli/test/{dead-letters,move-replayed,processes,real-data,replay,replay-cases,restore-shard}.test.ts',
]

const tests = ['packages/*/{src,test,service-worker,help}/**/*.test.ts', '{test,tools,bench}/**/*.test.ts']

/** undefined: all, of which the command line may name some. */
const part = parts.find((one) => one === process.env.HOLDFAST_TEST_PART)
const otherParts = part === undefined ? [] : filesOfOtherParts(import.meta.dirname, [browserTests, ...tests], part)

export const inCi = Boolean(process.env.CI)

/** In CI, a browser test that fails is repeated once, and reported. */
const retryInCi = inCi ? 1 : 0

/**
 * Failures that a slow machine can cause: a request, or a call of the engine, was refused because its time was over, or
 * something took longer than so many milliseconds. In CI, a test that fails with one of these is run once more, and
 * reported. Lost bookings and overbooking are never among them.
 */
const slownessMessage = new RegExp(
  [
    '"code":"(overloaded|unavailable)"',
    'expected 503 to ',
    // Times of performance.now() have fractions; counts and bytes have none.
    'expected \\d+\\.\\d+ to be less than \\d{4,}',
    'ids per millisecond',
    'A read took longer than',
    'A write was committed, but not completed',
    'All connections to the database are in use',
    'The database cannot be reached',
    'timeout exceeded when trying to connect',
  ].join('|'),
)
const retryIfSlow = { count: inCi ? 1 : 0, condition: slownessMessage }

/**
 * How long tests wait before they fail. Machines differ: what takes 20 s on an idle one took 90 s on a busy one. What
 * has to be fast is asserted where it is tested.
 */
export const patience = {
  testTimeout: 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 60_000 } },
} satisfies TestUserConfig

/** Of all tests but the drills. */
export const settings = {
  globalSetup: ['packages/testkit/src/use-memory-directory.ts', 'packages/testkit/src/vitest-global-setup.ts'],
  pool: 'forks',
  // For two cores: half of a file's time is waiting for servers and databases. Six take longer than four.
  maxWorkers: 4,
  ...patience,
  sequence: { sequencer: LongestFirst },
  reporters: inCi ? ['default', new SlowestFiles(), new SecondAttempts()] : ['default'],
} satisfies TestUserConfig

/** The tests of the project in one run; PostgreSQL is started by the global setup. */
export default defineConfig({
  test: {
    ...settings,
    projects: [
      {
        extends: true,
        test: {
          name: 'browser',
          include: [browserTests],
          exclude: [...defaultExclude, timed, ...otherParts],
          isolate: false,
          retry: retryInCi,
          // With two, a tenth of the two cores is idle; with four, the tests need more processor time.
          maxWorkers: 3,
        },
      },
      // The files of a worker share its process: loading the engine and the server again for each takes 0.4 s of CPU.
      {
        extends: true,
        test: {
          name: 'tests',
          include: tests,
          exclude: [...defaultExclude, ...isolated, ...drills, ...otherParts],
          isolate: false,
          retry: retryIfSlow,
          alias,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'isolated',
          include: isolated,
          exclude: [...defaultExclude, ...otherParts],
          retry: retryIfSlow,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          include: [timed],
          exclude: [...defaultExclude, ...otherParts],
          retry: retryInCi,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/engine/src/**/*.ts', 'packages/server/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/generated/**'],
      reporter: ['text-summary', 'json-summary', 'html'],
      reportsDirectory: 'coverage',
      thresholds: {
        'packages/engine/src/**/*.ts': { lines: 85 },
        'packages/server/src/**/*.ts': { lines: 85 },
      },
    },
  },
})
