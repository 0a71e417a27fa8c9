import type { HealthCheckBody, HealthCheckName, HealthReason } from '@holdfast/contract'

/** What each check is about. */
export const checkWords: Record<HealthCheckName, string> = {
  database: 'database',
  schema: 'schema',
  event_tail: 'live places and messages held back',
  connections: 'connections',
  clock: 'clock of the database',
  standbys: 'standbys',
  retained_wal: 'WAL for standbys and backups',
  replica: 'replica',
  partitions: 'time left for new bookings',
  booking_queue: 'bookings in the queue',
  queue_wait: 'longest wait in the queue',
  jobs: 'last run of the jobs',
  job: 'job',
  email: 'e-mails',
  sms: 'SMS',
  account_mails: 'e-mails with links wait',
  dead_letters: 'events not processed',
  verify: 'verification',
  backup: 'backup',
  restore_test: 'restore test',
  certificate: 'certificate, time left',
  disk: 'free space',
  redis: 'Redis',
  server: 'release',
}

export const reasonWords: Record<HealthReason, string> = {
  no_response: 'does not respond',
  not_readable: 'could not be read',
  pending: 'files of this release are not applied',
  held_back: 'an open transaction holds them back',
  nearly_used: 'nearly used up',
  differs: 'differs',
  behind: 'is behind',
  away: 'does not respond, or follows another primary',
  retained: 'much is retained',
  ends_soon: 'ends soon, or has ended',
  full: 'is full: bookings are refused',
  stopped: 'have not run',
  failing: 'fails',
  late: 'waits too long',
  not_processed: 'a consumer could not process an event',
  faults: 'faults were found',
  old: 'is old',
  untested: 'no backup was tested lately',
  never: 'nothing is recorded yet',
  off: 'is not set up',
  not_reached: 'cannot be reached from here',
  other_process: 'is known to servers: see the page Health',
}

const units = [
  { seconds: 86_400, name: 'days' },
  { seconds: 3_600, name: 'h' },
  { seconds: 60, name: 'min' },
] as const

/** `3 min`, `-2 days`, `0.4 s` */
export function durationText(seconds: number): string {
  const size = Math.abs(seconds)
  const unit = units.find((one) => size >= 2 * one.seconds)
  if (unit === undefined) return `${Number(seconds.toFixed(size < 10 ? 1 : 0))} s`
  return `${Math.trunc(seconds / unit.seconds)} ${unit.name}`
}

/** The figure of a check with its unit; null: it has none. */
export function figureText({ value, unit }: Pick<HealthCheckBody, 'value' | 'unit'>): string | null {
  if (value === null) return null
  if (unit === 'seconds') return durationText(value)
  if (unit === 'bytes') return `${(value / 2 ** 30).toFixed(1)} GiB`
  if (unit === 'share') return `${Math.round(value * 100)} %`
  return `${value}`
}
