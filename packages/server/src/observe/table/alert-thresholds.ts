/** warning: in working hours; critical: soon; page: now. */
type AlertSeverity = 'warning' | 'critical' | 'page'

/**
 * When an alert of deploy/prometheus/alerts.yml fires: above, below or at `limit`. `within`: an event, or none, in the
 * last `limit` seconds. `missing`: what it is about cannot be read.
 */
export type AlertThreshold = {
  severity: AlertSeverity
  when: '>' | '<' | '==' | 'within' | 'missing'
  limit: number
}

const minute = 60
const hour = 3_600
const day = 86_400
const gibibyte = 2 ** 30

/**
 * The thresholds of the alerts on what a process can judge at once, without the past: the health of an installation and
 * `holdfast doctor` judge by them. A test compares them with the rules of Prometheus, which also say for how long it
 * has to be so.
 */
export const alertThresholds = {
  HoldfastRedisAway: { severity: 'warning', when: '==', limit: 0 },
  HoldfastCertificateEnds: { severity: 'warning', when: '<', limit: 14 * day },
  HoldfastCertificateEnded: { severity: 'page', when: '<', limit: day },
  HoldfastDatabaseDown: { severity: 'page', when: '==', limit: 0 },
  HoldfastDatabaseFiguresMissing: { severity: 'critical', when: 'missing', limit: 0 },
  HoldfastConnectionsNearlyUsed: { severity: 'warning', when: '>', limit: 0.8 },
  HoldfastTailHeldBack: { severity: 'critical', when: '>', limit: 5 },
  HoldfastClockSkew: { severity: 'warning', when: '>', limit: 1 },
  HoldfastReplicaLate: { severity: 'warning', when: '>', limit: 1 },
  HoldfastReplicaVeryLate: { severity: 'critical', when: '>', limit: 5 },
  HoldfastReplicaAway: { severity: 'critical', when: '==', limit: 0 },
  HoldfastWalRetained: { severity: 'warning', when: '>', limit: 10 * gibibyte },
  HoldfastPartitionsEnd: { severity: 'warning', when: '<', limit: 45 * day },
  HoldfastPartitionMissing: { severity: 'page', when: '<', limit: 7 * day },
  HoldfastDiskFills: { severity: 'warning', when: '<', limit: 0.1 },
  HoldfastDiskFull: { severity: 'page', when: '<', limit: gibibyte },
  HoldfastJobsStopped: { severity: 'critical', when: 'within', limit: 15 * minute },
  HoldfastJobsFail: { severity: 'warning', when: '>', limit: 2 },
  HoldfastMessagesFail: { severity: 'critical', when: '>', limit: 2 },
  HoldfastAccountMailsLate: { severity: 'critical', when: '>', limit: 10 * minute },
  HoldfastDeadLetters: { severity: 'warning', when: 'within', limit: hour },
  HoldfastVerifyFails: { severity: 'page', when: '>', limit: 0 },
  HoldfastBackupOld: { severity: 'warning', when: '>', limit: 10 * minute },
  HoldfastBackupVeryOld: { severity: 'page', when: '>', limit: 26 * hour },
  HoldfastBackupFails: { severity: 'critical', when: '>', limit: 5 * minute },
  HoldfastRestoreUntested: { severity: 'warning', when: '>', limit: 40 * day },
  HoldfastRestoreTestFails: { severity: 'critical', when: '>', limit: 0 },
} as const satisfies Record<string, AlertThreshold>

export type ThresholdName = keyof typeof alertThresholds

/** After so many seconds, the last success of `holdfast verify`, which is run daily, is old. No alert reports it. */
export const verifyAgeMax = 2 * day

/** Backups are late after this many intervals, but not before the limit of HoldfastBackupOld. */
export const backupIntervalsMax = 3

/** From how many seconds on a backup is old. */
export function backupAgeMax(intervalSeconds: number): number {
  return Math.max(backupIntervalsMax * intervalSeconds, alertThresholds.HoldfastBackupOld.limit)
}
