import type { HealthCheck } from '@holdfast/contract/client'

const healthGroups = ['databases', 'work', 'proof', 'machine'] as const

type HealthGroup = (typeof healthGroups)[number]

const groupOf: Record<HealthCheck['name'], HealthGroup> = {
  database: 'databases',
  schema: 'databases',
  event_tail: 'databases',
  connections: 'databases',
  clock: 'databases',
  standbys: 'databases',
  retained_wal: 'databases',
  replica: 'databases',
  partitions: 'databases',
  booking_queue: 'work',
  queue_wait: 'work',
  jobs: 'work',
  job: 'work',
  email: 'work',
  sms: 'work',
  account_mails: 'work',
  dead_letters: 'work',
  verify: 'proof',
  backup: 'proof',
  restore_test: 'proof',
  certificate: 'machine',
  disk: 'machine',
  redis: 'machine',
  server: 'machine',
}

const fromWorst = ['failed', 'warning', 'unknown', 'ok'] as const

/** The checks of each group that has some, what is wrong first; otherwise in their order. */
export function inGroups(checks: readonly HealthCheck[]): { group: HealthGroup; checks: HealthCheck[] }[] {
  const sorted = checks.toSorted((one, other) => fromWorst.indexOf(one.state) - fromWorst.indexOf(other.state))
  return healthGroups
    .map((group) => ({ group, checks: sorted.filter(({ name }) => groupOf[name] === group) }))
    .filter(({ checks }) => checks.length > 0)
}

/** How many checks have each state that there is, the worst first. */
export function countsOf(checks: readonly HealthCheck[]): { state: HealthCheck['state']; count: number }[] {
  return fromWorst
    .map((state) => ({ state, count: checks.filter((check) => check.state === state).length }))
    .filter(({ count }) => count > 0)
}

/** Where the site shows a section of the documentation. */
export function helpOf(runbook: string): string {
  return runbook.replace(/^docs\/operations\/([a-z-]+)\.md/, '/help/operations-$1')
}

const steps = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const

/** A length in the largest unit of which it has two. */
export function inLargestUnit(seconds: number): { value: number; unit: 'day' | 'hour' | 'minute' | 'second' } {
  const size = Math.abs(seconds)
  const step = steps.find((one) => size >= 2 * one.seconds)
  if (step === undefined)
    return { value: size < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds), unit: 'second' }
  return { value: Math.trunc(seconds / step.seconds), unit: step.unit }
}
