import type { HealthCheckBody } from '@holdfast/contract'
import type { InstallationFigures } from '../observe/database-figures.ts'
import { backupAgeMax } from '../observe/table/alert-thresholds.ts'
import { ago, healthCheck, timeOf } from './health-check.ts'
import { judge, unknown } from './judge.ts'

const backupsRunbook = 'docs/operations/back-up.md'

/** What the first database, or the only one, knows of the installation. null: it could not be read. */
export function installationChecks(
  figures: InstallationFigures | null,
  { isEmbedded, now }: { isEmbedded: boolean; now: Date },
): HealthCheckBody[] {
  if (figures === null) return unread
  const { partitionSecondsLeft: left } = figures
  const partitions = judge([
    ['HoldfastPartitionsEnd', left],
    ['HoldfastPartitionMissing', left],
  ])
  return [
    healthCheck('partitions', partitions, { value: left, unit: 'seconds' }),
    mailsCheck(figures, now),
    ...backupChecks(figures, { isEmbedded, now }),
  ]
}

const unread: HealthCheckBody[] = [
  healthCheck('partitions', unknown('not_readable', 'HoldfastPartitionsEnd')),
  healthCheck('account_mails', unknown('not_readable', 'HoldfastAccountMailsLate')),
  healthCheck('backup', unknown('not_readable', 'HoldfastBackupOld')),
]

/** The oldest has waited for as long as its age says. */
function mailsCheck({ accountMailSecondsWaiting: seconds }: InstallationFigures, now: Date): HealthCheckBody {
  const judgement = judge([['HoldfastAccountMailsLate', seconds]])
  return healthCheck('account_mails', judgement, { value: seconds, unit: 'seconds', since: ago(seconds, now) })
}

function backupChecks(
  figures: InstallationFigures,
  { isEmbedded, now }: { isEmbedded: boolean; now: Date },
): HealthCheckBody[] {
  const interval = figures.backupIntervalSeconds
  if (Number.isNaN(interval)) {
    // Other tools can back up a PostgreSQL that Holdfast does not start.
    const state = isEmbedded ? 'warning' : 'unknown'
    return [healthCheck('backup', { state, reason: 'off', runbook: backupsRunbook })]
  }
  const { backupRestorableSeconds: restorable, backupFailingSeconds: failing } = figures
  return [backupCheck({ restorable, failing, interval }, now), restoreCheck(figures, now)]
}

type Backup = { restorable: number; failing: number; interval: number }

function backupCheck({ restorable, failing, interval }: Backup, now: Date): HealthCheckBody {
  const succeededAt = timeOf(restorable)
  const since = ago(failing, now)
  if (succeededAt === null && failing === 0) {
    return healthCheck('backup', { state: 'warning', reason: 'never', runbook: backupsRunbook })
  }
  const age = succeededAt === null ? Number.NaN : now.getTime() / 1_000 - restorable
  const judgement = judge([
    ['HoldfastBackupOld', age > backupAgeMax(interval)],
    ['HoldfastBackupVeryOld', age],
    ['HoldfastBackupFails', failing],
  ])
  return healthCheck('backup', judgement, { value: age, unit: 'seconds', since: since ?? succeededAt, succeededAt })
}

function restoreCheck(figures: InstallationFigures, now: Date): HealthCheckBody {
  const { restoreTestedSeconds: tested, restoreTestFailingSeconds: failing } = figures
  const age = now.getTime() / 1_000 - tested
  const judgement = judge([
    ['HoldfastRestoreUntested', age],
    ['HoldfastRestoreTestFails', failing],
  ])
  const succeededAt = timeOf(tested)
  const value = succeededAt === null ? null : age
  return healthCheck('restore_test', judgement, { value, unit: 'seconds', since: ago(failing, now), succeededAt })
}
