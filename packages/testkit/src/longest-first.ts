import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The slowest test files, the slowest first; `.ci/run` prints their times. */
const slowest = [
  'test/deploy/installation.test.ts',
  'drills/failover/failover-drill.test.ts',
  'drills/backups/restore-drill.test.ts',
  'drills/backups/cluster-backup.test.ts',
  'packages/cli/test/real-data.test.ts',
  'packages/web/browser-tests/waitlist.test.ts',
  'packages/web/browser-tests/command-menu.test.ts',
  'packages/web/browser-tests/held-elsewhere.test.ts',
  'packages/web/browser-tests/clinic-admin.test.ts',
  'packages/web/browser-tests/pages.test.ts',
  'packages/web/browser-tests/clinic-pages.test.ts',
  'packages/web/browser-tests/theatre-flow.test.ts',
  'packages/web/browser-tests/ticket.test.ts',
  'packages/web/browser-tests/theatre.test.ts',
  'packages/web/browser-tests/confirm-by-link.test.ts',
  'packages/web/browser-tests/patient-details.test.ts',
  'packages/web/browser-tests/frame.test.ts',
  'packages/web/browser-tests/link-booking.test.ts',
  'packages/web/browser-tests/doctor-week.test.ts',
  'packages/web/browser-tests/live.test.ts',
  'packages/web/browser-tests/settings.test.ts',
  'packages/web/browser-tests/calendar-feed.test.ts',
  'packages/web/browser-tests/find-doctor.test.ts',
  'packages/web/browser-tests/find-booking.test.ts',
  'packages/web/browser-tests/erase-patient.test.ts',
  'packages/web/browser-tests/second-factors.test.ts',
  'packages/web/browser-tests/doctor-day.test.ts',
  'packages/web/browser-tests/offline-home.test.ts',
  'packages/web/browser-tests/first-run.test.ts',
  'packages/web/browser-tests/account.test.ts',
  'packages/web/browser-tests/page-focus.test.ts',
  'packages/web/browser-tests/video.test.ts',
  'packages/web/browser-tests/booking.test.ts',
  'packages/web/browser-tests/never-confirmed.test.ts',
  'packages/web/browser-tests/field-contrast.test.ts',
  'packages/web/browser-tests/webhooks.test.ts',
  'packages/web/browser-tests/reopen.test.ts',
  'packages/web/browser-tests/desk.test.ts',
  'packages/web/browser-tests/security-log.test.ts',
  'packages/web/browser-tests/messages.test.ts',
  'packages/web/browser-tests/required-factor.test.ts',
  'packages/web/browser-tests/withdraw-list.test.ts',
  'packages/web/browser-tests/lapse.test.ts',
  'packages/adapters/src/backup/backup.test.ts',
  'packages/cli/test/replay.test.ts',
  'packages/server/src/calendar/random-calendar.test.ts',
  'packages/engine/src/archive/archive-month.test.ts',
  'packages/adapters/src/embedded-postgres/start-embedded-postgres.test.ts',
  'packages/engine/src/tail/log-epoch.test.ts',
  'packages/server/src/main.test.ts',
  'packages/server/src/backups/start-backups.test.ts',
  'test/two-commands.test.ts',
  'packages/engine/src/years-of-months.test.ts',
  'packages/engine/src/migrate/migrate.test.ts',
  'packages/server/src/rest/contention.test.ts',
  'packages/engine/src/tail/lost-numbers.test.ts',
  'packages/adapters/src/backup/backup-keys.test.ts',
  'packages/cli/src/commands/restore-erasures.test.ts',
  'packages/adapters/src/backup/bad-input.test.ts',
  'packages/server/src/edge/rate-limits/rate-limits.test.ts',
  'packages/engine/src/bookings/locked-rows.test.ts',
  'packages/engine/src/waitlist/waitlist-storm.test.ts',
  'packages/adapters/src/backup/forged-backup.test.ts',
  'packages/server/src/live/live-outages.test.ts',
  'packages/server/src/edge/connections/slow-clients.test.ts',
  'packages/cli/test/processes.test.ts',
  'packages/cli/test/replay-cases.test.ts',
  'packages/engine/src/id-bounds.test.ts',
  'packages/server/src/compose/shutdown.test.ts',
  'packages/server/src/accounts/sessions/sessions.test.ts',
  'packages/server/src/compose/hung-database.test.ts',
  'packages/server/src/webhooks/webhooks.test.ts',
  'packages/server/src/accounts/accounts.test.ts',
  'packages/engine/src/theatre/case-interleavings.test.ts',
  'packages/server/src/live/live.test.ts',
  'packages/server/src/live/live-limits.test.ts',
  'packages/engine/src/theatre/concurrent-cases.test.ts',
  'packages/server/src/rest/odd-input.test.ts',
  'packages/cli/src/commands/database-commands.test.ts',
  'packages/server/src/calendar/calendar-changes.test.ts',
  'packages/engine/src/upkeep/erase-outdated.test.ts',
  'packages/engine/src/bookings/slots-after-random.test.ts',
  'packages/server/src/cache/freshness.test.ts',
  'packages/server/src/rest/guards/access.test.ts',
  'packages/cli/src/commands/move-database.test.ts',
  'packages/server/src/cache/restored-database.test.ts',
  'packages/engine/src/theatre/release-allocations.test.ts',
  'packages/server/src/accounts/sign-in-races.test.ts',
  'packages/server/src/messages/messages.test.ts',
  'packages/server/src/live/live-resume.test.ts',
  'packages/cli/test/theatre-guide.test.ts',
  'packages/engine/src/tail/hung-tail.test.ts',
  'packages/server/src/rest/guards/second-factor-access.test.ts',
  'packages/server/src/rest/auth/email-routes.test.ts',
  'packages/server/src/accounts/second-factors/second-factors.test.ts',
  'packages/cli/src/commands/backup.test.ts',
  'packages/server/src/rest/serve.test.ts',
  'packages/server/src/jobs/jobs.test.ts',
  'packages/engine/src/import/import-directory.test.ts',
  'packages/server/src/accounts/sessions/jwt-verifier.test.ts',
  'packages/engine/src/bookings/claim-alike.test.ts',
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
    slowest.findIndex((path) => moduleId.endsWith(`/${path}`)),
    slowest.length,
  )
  return projectRank * (slowest.length + 1) + fileRank
}
