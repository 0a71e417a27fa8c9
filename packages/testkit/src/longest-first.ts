import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The ends of the paths of the slowest test files, the slowest first; `.ci/run` prints their times. */
const slowest = [
  'web/browser-tests/waitlist.test.ts',
  'web/browser-tests/command-menu.test.ts',
  'web/browser-tests/held-elsewhere.test.ts',
  'web/browser-tests/clinic-admin.test.ts',
  'web/browser-tests/pages.test.ts',
  'web/browser-tests/clinic-pages.test.ts',
  'web/browser-tests/theatre-flow.test.ts',
  'web/browser-tests/ticket.test.ts',
  'web/browser-tests/theatre.test.ts',
  'web/browser-tests/confirm-by-link.test.ts',
  'web/browser-tests/patient-details.test.ts',
  'web/browser-tests/frame.test.ts',
  'web/browser-tests/link-booking.test.ts',
  'web/browser-tests/doctor-week.test.ts',
  'web/browser-tests/live.test.ts',
  'web/browser-tests/settings.test.ts',
  'web/browser-tests/calendar-feed.test.ts',
  'web/browser-tests/find-doctor.test.ts',
  'web/browser-tests/find-booking.test.ts',
  'web/browser-tests/erase-patient.test.ts',
  'web/browser-tests/second-factors.test.ts',
  'web/browser-tests/doctor-day.test.ts',
  'web/browser-tests/offline-home.test.ts',
  'web/browser-tests/first-run.test.ts',
  'web/browser-tests/account.test.ts',
  'web/browser-tests/page-focus.test.ts',
  'web/browser-tests/video.test.ts',
  'web/browser-tests/booking.test.ts',
  'web/browser-tests/never-confirmed.test.ts',
  'web/browser-tests/field-contrast.test.ts',
  'web/browser-tests/webhooks.test.ts',
  'web/browser-tests/reopen.test.ts',
  'web/browser-tests/desk.test.ts',
  'web/browser-tests/security-log.test.ts',
  'web/browser-tests/messages.test.ts',
  'web/browser-tests/required-factor.test.ts',
  'web/browser-tests/withdraw-list.test.ts',
  'web/browser-tests/lapse.test.ts',
  'adapters/src/backup/backup.test.ts',
  'cli/test/replay.test.ts',
  'server/src/calendar/random-calendar.test.ts',
  'engine/src/archive/archive-month.test.ts',
  'adapters/src/embedded-postgres/start-embedded-postgres.test.ts',
  'engine/src/tail/log-epoch.test.ts',
  'server/src/main.test.ts',
  'server/src/backups/start-backups.test.ts',
  'test/two-commands.test.ts',
  'engine/src/years-of-months.test.ts',
  'engine/src/migrate/migrate.test.ts',
  'server/src/rest/contention.test.ts',
  'engine/src/tail/lost-numbers.test.ts',
  'adapters/src/backup/backup-keys.test.ts',
  'cli/src/commands/restore-erasures.test.ts',
  'adapters/src/backup/bad-input.test.ts',
  'server/src/edge/rate-limits.test.ts',
  'engine/src/bookings/locked-rows.test.ts',
  'engine/src/waitlist/waitlist-storm.test.ts',
  'adapters/src/backup/forged-backup.test.ts',
  'server/src/live/live-outages.test.ts',
  'server/src/edge/slow-clients.test.ts',
  'cli/test/processes.test.ts',
  'cli/test/replay-cases.test.ts',
  'engine/src/id-bounds.test.ts',
  'server/src/compose/shutdown.test.ts',
  'server/src/accounts/sessions.test.ts',
  'server/src/compose/hung-database.test.ts',
  'server/src/webhooks/webhooks.test.ts',
  'server/src/accounts/accounts.test.ts',
  'engine/src/theatre/case-interleavings.test.ts',
  'server/src/live/live.test.ts',
  'server/src/live/live-limits.test.ts',
  'engine/src/theatre/concurrent-cases.test.ts',
  'server/src/rest/odd-input.test.ts',
  'cli/src/commands/database-commands.test.ts',
  'server/src/calendar/calendar-changes.test.ts',
  'engine/src/upkeep/erase-outdated.test.ts',
  'engine/src/bookings/slots-after-random.test.ts',
  'server/src/cache/freshness.test.ts',
  'server/src/rest/guards/access.test.ts',
  'cli/src/commands/move-database.test.ts',
  'server/src/cache/restored-database.test.ts',
  'engine/src/theatre/release-allocations.test.ts',
  'server/src/accounts/sign-in-races.test.ts',
  'server/src/messages/messages.test.ts',
  'server/src/live/live-resume.test.ts',
  'cli/test/theatre-guide.test.ts',
  'engine/src/tail/hung-tail.test.ts',
  'server/src/rest/guards/second-factor-access.test.ts',
  'server/src/rest/auth/email-routes.test.ts',
  'server/src/accounts/second-factors.test.ts',
  'cli/src/commands/backup.test.ts',
  'server/src/rest/serve.test.ts',
  'server/src/jobs/jobs.test.ts',
  'engine/src/import/import-directory.test.ts',
  'server/src/accounts/jwt-verifier.test.ts',
  'engine/src/bookings/claim-alike.test.ts',
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
