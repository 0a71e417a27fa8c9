import type { HealthCheckBody } from '@holdfast/contract'
import type { UpkeepResult, WorkResult } from '@holdfast/engine'
import { alertThresholds, verifyAgeMax } from '../observe/table/alert-thresholds.ts'
import { ago, healthCheck } from './health-check.ts'
import { type Judgement, judge, unknown } from './judge.ts'
import type { DatabaseDetails } from './read-details.ts'

/** The jobs that run every minute, one for each queue, by which it is seen whether any process runs jobs. */
const everyMinute: readonly string[] = ['sweep', 'security-log']

const channelChecks = { email: 'email', sms: 'sms' } as const

/** What became of the jobs, messages, events and the verification of a database, by whichever process. */
export function workChecks(database: string | null, details: DatabaseDetails | null): HealthCheckBody[] {
  if (details === null || details.recorded === null) {
    return [
      healthCheck('jobs', unknown('not_readable', 'HoldfastJobsStopped'), { database }),
      healthCheck('verify', unknown('not_readable', 'HoldfastVerifyFails'), { database }),
    ]
  }
  const { recorded, now } = details
  const { work, verify } = recorded
  return [
    jobsCheck(database, work, now),
    ...work.flatMap((result) => resultCheck(database, result, now)),
    verifyCheck(database, verify, now),
  ]
}

function verifyCheck(database: string | null, verify: UpkeepResult, now: Date): HealthCheckBody {
  const { failingSeconds, succeededAt, faults } = verify
  const judgement = verifyJudgement(verify, now)
  const since = ago(failingSeconds, now)
  return healthCheck('verify', judgement, { database, value: faults, unit: 'count', since, succeededAt })
}

function verifyJudgement({ failingSeconds, succeededAt }: UpkeepResult, now: Date): Judgement {
  if (failingSeconds > 0) return judge([['HoldfastVerifyFails', failingSeconds]])
  if (succeededAt === null) return unknown('never', 'HoldfastVerifyFails')
  if (secondsBetween(succeededAt, now) <= verifyAgeMax) return judge([['HoldfastVerifyFails', 0]])
  return { state: 'warning', reason: 'old', runbook: 'docs/operations/verify.md' }
}

function jobsCheck(database: string | null, work: readonly WorkResult[], now: Date): HealthCheckBody {
  const [oldest] = work
    .filter(({ kind, name }) => kind === 'job' && everyMinute.includes(name))
    .sort((one, other) => (one.succeededAt?.getTime() ?? 0) - (other.succeededAt?.getTime() ?? 0))
  if (oldest === undefined) return healthCheck('jobs', unknown('never', 'HoldfastJobsStopped'), { database })
  const { succeededAt } = oldest
  const age = succeededAt === null ? null : secondsBetween(succeededAt, now)
  const isStopped = age === null || age > alertThresholds.HoldfastJobsStopped.limit
  const judgement = judge([['HoldfastJobsStopped', isStopped]])
  return healthCheck('jobs', judgement, { database, value: age, unit: 'seconds', succeededAt, since: succeededAt })
}

function resultCheck(database: string | null, result: WorkResult, now: Date): HealthCheckBody[] {
  const { kind, name, succeededAt, failedAt, failures, failingSince: since } = result
  const times = { database, since, succeededAt, failedAt }
  const counted = failures === 0 ? times : { ...times, value: failures, unit: 'count' as const }
  if (kind === 'job') return [healthCheck('job', judge([['HoldfastJobsFail', failures]]), { ...counted, of: name })]
  if (kind === 'message') {
    if (!isChannel(name)) return []
    return [healthCheck(channelChecks[name], judge([['HoldfastMessagesFail', failures]]), counted)]
  }
  const isRecent = failedAt !== null && secondsBetween(failedAt, now) < alertThresholds.HoldfastDeadLetters.limit
  // What a consumer processes is not recorded: nothing ends its failures.
  const judgement = judge([['HoldfastDeadLetters', isRecent]])
  return [healthCheck('dead_letters', judgement, { database, of: name, since: failedAt, failedAt })]
}

/**
 * Of a channel by which nothing was ever sent: none, if what was sent could not be read. SMS are left out where they
 * are not set up.
 */
export function unusedChannels(
  work: readonly HealthCheckBody[],
  { email, sms }: { email: boolean; sms: boolean },
): HealthCheckBody[] {
  if (work.some(({ reason }) => reason === 'not_readable')) return []
  const has = (name: HealthCheckBody['name']) => work.some((check) => check.name === name)
  const emails = has('email') ? [] : [healthCheck('email', unknown(email ? 'never' : 'off', 'HoldfastMessagesFail'))]
  const texts = has('sms') || !sms ? [] : [healthCheck('sms', unknown('never', 'HoldfastMessagesFail'))]
  return [...emails, ...texts]
}

function isChannel(name: string): name is keyof typeof channelChecks {
  return name in channelChecks
}

/** The database's clock has written both. */
function secondsBetween(then: Date, now: Date): number {
  return (now.getTime() - then.getTime()) / 1_000
}
