/** What the global setup tells the tests' processes, by their environment. */
export type TestEnvironment = {
  /** The owner's URL of the server, and of a database on it from which others are created. */
  HOLDFAST_TEST_DATABASE_URL: string
  /** The prefix of everything this run makes: `<run>_template`, the login `<run>_app`, the clones. */
  HOLDFAST_TEST_RUN: string
  HOLDFAST_TEST_APP_PASSWORD: string
}

/** @throws Error outside of a vitest run with our global setup */
export function testEnvironment(): TestEnvironment {
  return {
    HOLDFAST_TEST_DATABASE_URL: required('HOLDFAST_TEST_DATABASE_URL'),
    HOLDFAST_TEST_RUN: required('HOLDFAST_TEST_RUN'),
    HOLDFAST_TEST_APP_PASSWORD: required('HOLDFAST_TEST_APP_PASSWORD'),
  }
}

function required(name: keyof TestEnvironment): string {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run the tests by vitest with packages/testkit/src/vitest-global-setup.ts.`)
  }
  return value
}
