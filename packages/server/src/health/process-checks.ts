import type { HealthCheckBody } from '@holdfast/contract'
import type { MachineWatch } from '../observe/watch-machine.ts'
import { healthCheck, timeOf } from './health-check.ts'
import { type Judgement, judge, unknown } from './judge.ts'

/** What one server process knows of its queues. */
export type KnownQueues = {
  /**
   * `database`: its name among several; null: the only one. `queued`: how many claims and changes wait, also for locked
   * rows. `isFull`: further claims are refused.
   */
  databases: readonly { database: string | null; queued: number; isFull: boolean }[]
  /** The longest wait of late, and that after which a claim or a change is refused. Seconds. */
  longestSeconds: number
  waitSecondsMax: number
  /** How many claims and changes were refused of late, because a queue was full or they had waited too long. */
  refused: number
}

const overload = 'docs/operations/overload.md'

/** null: this process serves no requests. */
export function queueChecks(queues: KnownQueues | null): HealthCheckBody[] {
  if (queues === null) {
    const judgement: Judgement = { state: 'unknown', reason: 'other_process', runbook: overload }
    return [healthCheck('booking_queue', judgement), healthCheck('queue_wait', judgement)]
  }
  const { databases, longestSeconds, waitSecondsMax, refused } = queues
  const judged = (reason: 'full' | 'late' | null): Judgement => ({
    state: reason === null ? 'ok' : 'failed',
    reason,
    runbook: overload,
  })
  // What is refused at once has not waited.
  const refusedFor = refused > 0 ? 'full' : null
  const wait = judged(longestSeconds >= waitSecondsMax ? 'late' : refusedFor)
  return [
    ...databases.map(({ database, queued, isFull }) =>
      healthCheck('booking_queue', judged(isFull ? 'full' : null), { database, value: queued, unit: 'count' }),
    ),
    healthCheck('queue_wait', wait, { value: longestSeconds, unit: 'seconds' }),
  ]
}

/** The disks of this machine, and the certificate as it is reached from here. */
export function machineChecks(machine: MachineWatch, now: Date): HealthCheckBody[] {
  const spaces = machine.spaces()
  const disks = machine.directories.map((of) => {
    const space = spaces.get(of)
    if (space === undefined) return healthCheck('disk', unknown('not_readable', 'HoldfastDiskFull'), { of })
    const { free, size } = space
    const judgement = judge([
      ['HoldfastDiskFills', free / size],
      ['HoldfastDiskFull', free],
    ])
    return healthCheck('disk', judgement, { of, value: free, unit: 'bytes' })
  })
  return machine.hasCertificate ? [certificateCheck(machine.certificateEndsAt(), now), ...disks] : disks
}

/** Seconds since 1970; NaN: it was never reached, and may be from outside only. */
function certificateCheck(endsAt: number, now: Date): HealthCheckBody {
  if (Number.isNaN(endsAt)) return healthCheck('certificate', unknown('not_reached', 'HoldfastCertificateEnds'))
  const left = endsAt - now.getTime() / 1_000
  const judgement = judge([
    ['HoldfastCertificateEnds', left],
    ['HoldfastCertificateEnded', left],
  ])
  const since = left < 0 ? timeOf(endsAt) : null
  return healthCheck('certificate', judgement, { value: left, unit: 'seconds', since })
}

export function redisCheck(isAvailable: boolean): HealthCheckBody {
  return healthCheck('redis', judge([['HoldfastRedisAway', !isAvailable]]))
}

/** The release of this process. */
export function serverCheck(release: string, process: string): HealthCheckBody {
  const judgement: Judgement = { state: 'ok', reason: null, runbook: 'docs/operations/upgrade.md' }
  return healthCheck('server', judgement, { of: process, version: release })
}
