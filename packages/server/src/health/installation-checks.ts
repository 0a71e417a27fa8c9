import type { HealthCheckBody } from '@holdfast/contract'
import type { InstallationFigures } from '../observe/database-figures.ts'
import { backupAgeMax } from '../observe/table/alert-thresholds.ts'
import { ago, healthCheck, timeOf } from './health-check.ts'
import { judge, unknown } from './judge.ts'

const backupsRunbook = 'docs/operations/back-up.md'

/** The first copy of a large database takes a while. The alert HoldfastBackupVeryOld waits for as long. */
const firstBackupSeconds = 3_600

type Context = {
  isEmbedded: boolean
  now: Date
  /** Since when this process has seen that backups are on, and that there is none; null: it is not so. */
  unbackedSince: Date | null
}

/** Backups are on, and there is none yet. */
export function isUnbacked({ backupIntervalSeconds, backupRestorableSeconds }: InstallationFigures): boolean {
  return !Number.isNaN(backupIntervalSeconds) && backupRestorableSeconds === 0
}

/** What the first database, or the only one, knows of the installation. null: it could not be read. */
export function installationChecks(figures: InstallationFigures | null, context: Context): HealthCheckBody[] {
  if (figures === null) return unread
  return [mailsCheck(figures, context.now), ...backupChecks(figures, context)]
}

const unread: HealthCheckBody[] = [
  healthCheck('account_mails', unknown('not_readable', 'HoldfastAccountMailsLate')),
  healthCheck('backup', unknown('not_readable', 'HoldfastBackupOld')),
]

/** The oldest has waited for as long as its age says. */
function mailsCheck({ accountMailSecondsWaiting: seconds }: InstallationFigures, now: Date): HealthCheckBody {
  const judgement = judge([['HoldfastAccountMailsLate', seconds]])
  return healthCheck('account_mails', judgement, { value: seconds, unit: 'seconds', since: ago(seconds, now) })
}

function backupChecks(figures: InstallationFigures, { isEmbedded, now, unbackedSince }: Context): HealthCheckBody[] {
  const interval = figures.backupIntervalSeconds
  if (Number.isNaN(interval)) {
    // Other tools can back up a PostgreSQL that Holdfast does not start.
    const state = isEmbedded ? 'warning' : 'unknown'
    return [healthCheck('backup', { state, reason: 'off', runbook: backupsRunbook })]
  }
  const { backupRestorableSeconds: restorable, backupFailingSeconds: failing } = figures
  const backup = isUnbacked(figures)
    ? unbackedCheck(failing, { now, unbackedSince })
    : backupCheck({ restorable, failing, interval }, now)
  return [backup, restoreCheck(figures, now)]
}

/** Without a backup it is never ok: a warning at first, and a failure when backups fail or none is made. */
function unbackedCheck(failing: number, { now, unbackedSince }: Pick<Context, 'now' | 'unbackedSince'>) {
  const since = ago(failing, now) ?? unbackedSince
  const seconds = unbackedSince === null ? 0 : (now.getTime() - unbackedSince.getTime()) / 1_000
  const judgement = judge([
    ['HoldfastBackupFails', failing],
    ['HoldfastBackupVeryOld', seconds > firstBackupSeconds],
  ])
  if (judgement.state !== 'ok') return healthCheck('backup', judgement, { since })
  return healthCheck('backup', { state: 'warning', reason: 'never', runbook: backupsRunbook }, { since })
}

type Backup = { restorable: number; failing: number; interval: number }

function backupCheck({ restorable, failing, interval }: Backup, now: Date): HealthCheckBody {
  const succeededAt = timeOf(restorable)
  const since = ago(failing, now)
  const age = now.getTime() / 1_000 - restorable
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
