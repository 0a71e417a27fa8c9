import type { HealthCheckBody, HealthReason, HealthState } from '@holdfast/contract'
import { type AlertThreshold, alertThresholds, type ThresholdName } from '../observe/table/alert-thresholds.ts'

/** Why a check is not ok that lets an alert fire. */
const reasons: Record<ThresholdName, HealthReason> = {
  HoldfastRedisAway: 'no_response',
  HoldfastCertificateEnds: 'ends_soon',
  HoldfastCertificateEnded: 'ends_soon',
  HoldfastDatabaseDown: 'no_response',
  HoldfastDatabaseFiguresMissing: 'not_readable',
  HoldfastConnectionsNearlyUsed: 'nearly_used',
  HoldfastTailHeldBack: 'held_back',
  HoldfastClockSkew: 'differs',
  HoldfastReplicaLate: 'behind',
  HoldfastReplicaVeryLate: 'behind',
  HoldfastReplicaAway: 'away',
  HoldfastWalRetained: 'retained',
  HoldfastPartitionsEnd: 'ends_soon',
  HoldfastPartitionMissing: 'ends_soon',
  HoldfastDiskFills: 'nearly_used',
  HoldfastDiskFull: 'nearly_used',
  HoldfastJobsStopped: 'stopped',
  HoldfastJobsFail: 'failing',
  HoldfastMessagesFail: 'failing',
  HoldfastAccountMailsLate: 'late',
  HoldfastDeadLetters: 'not_processed',
  HoldfastVerifyFails: 'faults',
  HoldfastBackupOld: 'old',
  HoldfastBackupVeryOld: 'old',
  HoldfastBackupFails: 'failing',
  HoldfastRestoreUntested: 'untested',
  HoldfastRestoreTestFails: 'failing',
}

export type Judgement = Pick<HealthCheckBody, 'state' | 'reason' | 'runbook'>

/** What is judged by the threshold of an alert; true: it fires, for what needs no comparison. */
type Judged = readonly [alert: ThresholdName, value: number | boolean]

/**
 * The state that the worst alert leads to whose threshold is passed: critical and page are a failure. A value that is
 * not known (NaN) passes none. The runbook of what is ok is that of the first alert.
 */
export function judge(judged: readonly [Judged, ...Judged[]]): Judgement {
  const fired = judged.filter(([alert, value]) => isPassed(alertThresholds[alert], value)).map(([alert]) => alert)
  const worst = fired.find((alert) => alertThresholds[alert].severity !== 'warning') ?? fired[0]
  if (worst === undefined) return { state: 'ok', reason: null, runbook: runbookOf(judged[0][0]) }
  const state = alertThresholds[worst].severity === 'warning' ? 'warning' : 'failed'
  return { state, reason: reasons[worst], runbook: runbookOf(worst) }
}

/** What could not be judged. */
export function unknown(reason: HealthReason, alert: ThresholdName): Judgement {
  return { state: 'unknown', reason, runbook: runbookOf(alert) }
}

function isPassed({ when, limit }: AlertThreshold, value: number | boolean): boolean {
  if (typeof value === 'boolean') return value
  if (when === '>') return value > limit
  if (when === '<') return value < limit
  return when === '==' && value === limit
}

/** As in the rules of Prometheus. */
function runbookOf(alert: ThresholdName): string {
  return `docs/operations/alerts.md#${alert.toLowerCase()}`
}

const fromWorst: readonly HealthState[] = ['failed', 'warning', 'unknown', 'ok']

export function worstOf(states: readonly HealthState[]): HealthState {
  return fromWorst.find((state) => states.includes(state)) ?? 'ok'
}
