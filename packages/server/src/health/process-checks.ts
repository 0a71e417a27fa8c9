import type { HealthCheckBody } from '@holdfast/contract'
import type { MachineWatch } from '../observe/watch-machine.ts'
import { healthCheck, timeOf } from './health-check.ts'
import { type Judgement, judge, unknown } from './judge.ts'

/** What one server process knows of its queues. */
export type KnownQueues = {
  /** How many claims and changes wait, also for locked rows. */
  queued: number
  /** Further claims are refused. */
  isFull: boolean
  /** The longest wait of late, and that after which a claim is refused. Seconds. */
  waitSeconds: number
  waitSecondsMax: number
}

const overload = 'docs/operations/overload.md'

/** null: this process serves no requests. */
export function queueChecks(queues: KnownQueues | null): HealthCheckBody[] {
  if (queues === null) {
    const judgement: Judgement = { state: 'unknown', reason: 'other_process', runbook: overload }
    return [healthCheck('booking_queue', judgement), healthCheck('queue_wait', judgement)]
  }
  const { queued, isFull, waitSeconds, waitSecondsMax } = queues
  const judged = (isFailed: boolean, reason: 'full' | 'late'): Judgement =>
    isFailed ? { state: 'failed', reason, runbook: overload } : { state: 'ok', reason: null, runbook: overload }
  return [
    healthCheck('booking_queue', judged(isFull, 'full'), { value: queued, unit: 'count' }),
    healthCheck('queue_wait', judged(waitSeconds >= waitSecondsMax, 'late'), { value: waitSeconds, unit: 'seconds' }),
  ]
}

/** The disks of this machine, and the certificate as it is reached from here. */
export function machineChecks(machine: MachineWatch, now: Date): HealthCheckBody[] {
  const disks = Array.from(machine.spaces(), ([of, { free, size }]) => {
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
