import { fileURLToPath } from 'node:url'
import { defaultExclude, defineConfig, type TestUserConfig } from 'vitest/config'
import { LongestFirst } from './packages/testkit/src/longest-first.ts'
import { SecondAttempts } from './packages/testkit/src/second-attempts.ts'
import { SlowestFiles } from './packages/testkit/src/slowest-files.ts'
import { parts, readTestFiles, type TestFile } from './tools/test-parts.ts'

/** They share a server and a browser, so the files of a worker run in one process. */
const browserTests = 'packages/web/browser-tests/**/*.test.ts'

/** Many tests sign in. At the real costs, hashing passwords took 3 % of the processor time of all tests. */
const alias = { '@node-rs/argon2': fileURLToPath(new URL('packages/testkit/src/cheap-argon2.ts', import.meta.url)) }

const tests = ['packages/*/{src,test,service-worker,help}/**/*.test.ts', '{test,tools,bench}/**/*.test.ts']

/** undefined: all, of which the command line may name some. */
const part = parts.find((one) => one === process.env.HOLDFAST_TEST_PART)

const files = readTestFiles(import.meta.dirname, [browserTests, ...tests, 'drills/**/*.test.ts'])
const pathsOf = (isMeant: (file: TestFile) => boolean) => files.filter(isMeant).map(({ path }) => path)
const isolated = pathsOf(({ isIsolated }) => isIsolated)
const timed = pathsOf(({ isTimed }) => isTimed)
/** `npm run test:drills` runs them. */
export const drills = pathsOf((file) => file.part === 'drill')
const otherParts = part === undefined ? drills : pathsOf((file) => file.part !== part)

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
          exclude: [...defaultExclude, ...timed, ...otherParts],
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
          exclude: [...defaultExclude, ...isolated, ...otherParts],
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
          include: timed,
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
