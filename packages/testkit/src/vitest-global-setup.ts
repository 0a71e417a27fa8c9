import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer | undefined

/** Once per run, before the first test file: a PostgreSQL server and a migrated template to clone. */
export async function setup(): Promise<void> {
  server = await startTestServer(process.env)
  // Workers are started later and inherit these; see test-database.ts.
  Object.assign(process.env, server.environment)
}

export async function teardown(): Promise<void> {
  await server?.stop()
}
