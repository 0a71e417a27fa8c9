import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The ends of the paths of the slowest test files, the slowest first; `.ci/run` prints their times. */
const slowest = [
  'web/browser-tests/clinic-admin.test.ts',
  'web/browser-tests/clinic-pages.test.ts',
  'web/browser-tests/pages.test.ts',
  'web/browser-tests/ticket.test.ts',
  'web/browser-tests/link-booking.test.ts',
  'web/browser-tests/doctor-day.test.ts',
  'web/browser-tests/video.test.ts',
  'web/browser-tests/booking.test.ts',
  'web/browser-tests/find-doctor.test.ts',
  'web/browser-tests/account.test.ts',
  'web/browser-tests/reopen.test.ts',
  'web/browser-tests/live.test.ts',
  'server/src/calendar/random-calendar.test.ts',
  'server/test/chaos/chaos.test.ts',
  'cli/test/replay.test.ts',
  'server/test/chaos/chaos.test.ts',
  'engine/src/tail/log-epoch.test.ts',
  'test/two-commands.test.ts',
  'server/src/edge/rate-limits.test.ts',
  'server/src/edge/slow-clients.test.ts',
  'server/src/compose/hung-database.test.ts',
  'server/src/main.test.ts',
  'embedded-postgres/start-embedded-postgres.test.ts',
  'server/src/live/live-outages.test.ts',
  'server/src/rest/contention.test.ts',
  'server/src/compose/shutdown.test.ts',
  'server/src/calendar/calendar-changes.test.ts',
  'server/src/accounts/accounts.test.ts',
  'server/src/live/live.test.ts',
  'server/src/accounts/sessions.test.ts',
  'server/src/cache/freshness.test.ts',
  'engine/src/migrate/migrate.test.ts',
  'engine/src/tail/hung-tail.test.ts',
  'engine/src/bookings/slots-after-random.test.ts',
  'cli/src/commands/database-commands.test.ts',
  'server/src/accounts/jwt-verifier.test.ts',
  'server/src/live/live-resume.test.ts',
  'engine/src/bookings/claim-alike.test.ts',
  'tools/dependency-rules.test.ts',
]

/** The projects whose files share a process come first; those that are not named come last. */
const projects = ['browser', 'tests']

/**
 * Starts the longest files first, so that all workers end at about the same time. The files of a project stay together,
 * because a worker starts another process, and stops its site, when its next file belongs to another project.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const indexIn = (index: number, length: number) => (index === -1 ? length : index)
  const projectRank = indexIn(projects.indexOf(project.name), projects.length)
  const fileRank = indexIn(
    slowest.findIndex((end) => moduleId.endsWith(`/${end}`)),
    slowest.length,
  )
  return projectRank * (slowest.length + 1) + fileRank
}
