import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The test files that should start first, about the slowest first. Vitest knows the times of its last run, but a clean
 * checkout has none; it starts the others by their sizes, the largest first. `.ci/run` prints the ten slowest.
 */
const slowest = [
  'test/deploy/installation.test.ts',
  'drills/failover/failover-drill.test.ts',
  'drills/backups/restore-drill.test.ts',
  'drills/backups/cluster-backup.test.ts',
  'packages/cli/test/replay.test.ts',
  'test/npm-start.test.ts',
  'packages/cli/test/real-data.test.ts',
  'packages/adapters/src/backup/backup.test.ts',
  'packages/cli/src/commands/restore-erasures.test.ts',
  'packages/adapters/src/backup/set-back.test.ts',
  'packages/cli/test/replay-cases.test.ts',
  'packages/web/browser-tests/waitlist.test.ts',
  'packages/web/browser-tests/ticket.test.ts',
  'packages/web/browser-tests/confirm-by-link.test.ts',
  'packages/web/browser-tests/pages.test.ts',
  'packages/web/browser-tests/held-elsewhere.test.ts',
  'packages/web/browser-tests/clinic-admin.test.ts',
  'packages/web/browser-tests/theatre-flow.test.ts',
  'packages/web/browser-tests/theatre.test.ts',
  'packages/web/browser-tests/stopped-doctor.test.ts',
  'packages/web/browser-tests/attendance.test.ts',
  'packages/server/src/rest/lost-after-commit.test.ts',
  'packages/server/src/main.test.ts',
  'packages/server/src/compose/hung-shard.test.ts',
  'packages/server/src/rest/contention.test.ts',
  'packages/server/src/calendar/random-calendar.test.ts',
  'packages/server/src/rest/odd-input.test.ts',
  'packages/server/src/compose/hung-database.test.ts',
  'packages/server/src/backups/start-backups.test.ts',
  'packages/server/src/rest/auth/email-routes.test.ts',
  'packages/server/src/compose/outages-of-shards.test.ts',
  'packages/adapters/src/embedded-postgres/start-embedded-postgres.test.ts',
  'packages/engine/src/theatre/concurrent-cases.test.ts',
  'packages/engine/src/years-of-months.test.ts',
  'packages/engine/src/bookings/locked-rows.test.ts',
]

/**
 * Starts the longest files first, so that all workers end at about the same time. The files of the project `isolated`
 * come last: each gets a separate process, after which the worker would need a new one for those that share it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  if (project.name === 'isolated') return slowest.length + 1
  const index = slowest.findIndex((path) => moduleId.endsWith(`/${path}`))
  return index === -1 ? slowest.length : index
}
