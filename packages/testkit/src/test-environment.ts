/** A PostgreSQL server that the global setup prepared for test databases. */
export type PreparedServer = {
  /** The owner's URL of the server, and of a database from which others can be created. */
  url: string
  /** The prefix of everything that this run creates there: `<run>_template`, the login `<run>_app`, the clones. */
  run: string
  appPassword: string
  /** Where PgBouncer listens through which the application connects; undefined: it connects directly. */
  pooler?: string
}

/** What the global setup passes to the test processes in their environment. */
export type TestEnvironment = {
  /** One for each worker, so that no transaction of another test file delays what a test waits for; or one for all. */
  servers: PreparedServer[]
  /** A data directory in which initdb has run; its copies have the same logins. undefined: in drills. */
  dataDirectory: string | undefined
  /** Where the processes that tests start cache their compiled sources. */
  compileCache: string
}

const variable = 'HOLDFAST_TEST_ENVIRONMENT'

/** Processes started from now on see `environment`. */
export function provideTestEnvironment(environment: TestEnvironment): void {
  process.env[variable] = JSON.stringify(environment)
}

/** @throws Error outside a vitest run with our global setup */
export function testEnvironment(): TestEnvironment {
  const value = process.env[variable]
  if (value === undefined || value === '') {
    throw new Error(`${variable} is not set: run the tests by vitest with packages/testkit/src/vitest-global-setup.ts.`)
  }
  return JSON.parse(value) as TestEnvironment
}

/**
 * For the environment of a process that runs Holdfast: Node then reads the compiled sources from the run's cache. A
 * start takes 0.8 s of CPU instead of 1.1.
 */
export function compileCacheEnvironment(): { NODE_COMPILE_CACHE: string; NODE_DISABLE_COMPILE_CACHE: undefined } {
  // Vitest disables the cache in its workers while it measures coverage, which these processes are no part of.
  return { NODE_COMPILE_CACHE: testEnvironment().compileCache, NODE_DISABLE_COMPILE_CACHE: undefined }
}

/** The server of this test process. */
export function preparedServer(): PreparedServer {
  const { servers } = testEnvironment()
  // Vitest numbers its workers from 1, and a worker runs one test file at a time.
  const server = servers[(Number(process.env.VITEST_POOL_ID ?? 1) - 1) % servers.length]
  if (server === undefined) throw new Error(`${variable} names no server.`)
  return server
}
