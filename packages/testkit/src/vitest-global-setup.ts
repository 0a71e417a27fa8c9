import type { TestProject } from 'vitest/node'
import { provideTestEnvironment } from './test-environment.ts'
import { startTestServers, type TestServers } from './test-server.ts'

let servers: TestServers | undefined

/** Runs once, before the first test file: starts PostgreSQL and prepares migrated templates to clone. */
export async function setup(project: TestProject): Promise<void> {
  servers = await startTestServers(process.env, project.vitest.config.maxWorkers)
  // Workers are started later and inherit it.
  provideTestEnvironment(servers.environment)
}

export async function teardown(): Promise<void> {
  await servers?.stop()
}
