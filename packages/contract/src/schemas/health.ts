import Type, { type Static } from 'typebox'
import { nullable, nullableText, time } from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component } from './object.ts'

const healthStates = ['ok', 'warning', 'failed', 'unknown'] as const

/** Each is about one thing; several checks of one name are about several databases, jobs or directories. */
const healthCheckNames = [
  'database',
  'schema',
  'event_tail',
  'connections',
  'clock',
  'standbys',
  'retained_wal',
  'replica',
  'partitions',
  'booking_queue',
  'queue_wait',
  'jobs',
  'job',
  'email',
  'sms',
  'account_mails',
  'dead_letters',
  'verify',
  'backup',
  'restore_test',
  'certificate',
  'disk',
  'redis',
  'server',
] as const

/** Why a check is not ok. */
const healthReasons = [
  'no_response',
  'not_readable',
  'pending',
  'held_back',
  'nearly_used',
  'differs',
  'behind',
  'away',
  'retained',
  'ends_soon',
  'full',
  'stopped',
  'failing',
  'late',
  'not_processed',
  'faults',
  'old',
  'untested',
  'never',
  'off',
  'not_reached',
  'other_process',
] as const

const healthUnits = ['seconds', 'bytes', 'share', 'count'] as const

const healthCheckSchema = component('HealthCheck', {
  name: literals(healthCheckNames),
  database: nullableText({ description: 'Of which of several databases; null: of the only one, or of none' }),
  of: nullableText({ description: 'Which replica, job, consumer of events, directory or server process' }),
  state: literals(healthStates),
  reason: nullableLiterals(healthReasons, { description: 'Why it is not `ok`' }),
  value: nullable<number>(
    { type: 'number' },
    { description: 'The figure that was judged; a time that is left may be negative. null: there is none' },
  ),
  unit: nullableLiterals(healthUnits, { description: 'Of `value`; a `share` is from 0 to 1' }),
  version: nullableText({ description: 'Of the server, or of the database’s server' }),
  since: nullable<string>(
    { type: 'string', format: 'date-time' },
    {
      description:
        'Since when it is not `ok`: as recorded, or else as this server process has seen it. null: it is, or ' +
        'that is not known',
    },
  ),
  succeededAt: nullable<string>(
    { type: 'string', format: 'date-time' },
    { description: 'When it last succeeded; of a backup, the newest moment that can be restored' },
  ),
  failedAt: nullable<string>({ type: 'string', format: 'date-time' }, { description: 'When it last failed' }),
  runbook: Type.String({ description: 'The section of the documentation that says what to do' }),
})

export const healthSchema = component('Health', {
  at: time({ description: 'When it was judged' }),
  state: literals(healthStates, { description: 'The worst of all checks; `unknown` is better than `warning`' }),
  process: Type.String({ description: 'The server process that answers: its machine and number' }),
  checks: Type.Array(healthCheckSchema),
})

export type HealthBody = Static<typeof healthSchema>
export type HealthCheckBody = Static<typeof healthCheckSchema>
export type HealthCheckName = (typeof healthCheckNames)[number]
export type HealthReason = (typeof healthReasons)[number]
export type HealthState = (typeof healthStates)[number]
