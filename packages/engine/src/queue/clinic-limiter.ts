import pLimit, { type LimitFunction } from 'p-limit'
import { type Overloaded, overloaded } from '../model/claim.ts'

export type ClinicLimiterSettings = {
  /** How much of a clinic's work may be at the database at a time. */
  atOnceMax: number
  /** How much more may wait; further work is refused. */
  waitingMax: number
  /** How long one may wait, milliseconds. */
  waitMsMax: number
}

/**
 * Runs `work` as soon as fewer than `atOnceMax` calls of the clinic are running. Returns `overloaded` without running
 * it if too many wait, or the deadline passes. `deadline`: until when it may wait, by `performance.now()`; default:
 * `waitMsMax` from now; Infinity: without an end.
 */
export type ClinicLimiter = <Result>(
  clinicNo: number,
  work: () => Promise<Result>,
  deadline?: number,
) => Promise<Result | Overloaded>

/** `refusedCount`: how many were refused at their deadline, and stay in the queue until there would be room. */
type Clinic = { limit: LimitFunction; refusedCount: number }

/**
 * Limits what a clinic's changes take of the connections that all clinics share: a change that waits for a locked row
 * has a connection for as long.
 */
export function createClinicLimiter({ atOnceMax, waitingMax, waitMsMax }: ClinicLimiterSettings): ClinicLimiter {
  const clinics = new Map<number, Clinic>()
  return async (clinicNo, work, deadline = performance.now() + waitMsMax) => {
    const clinic = clinics.getOrInsertComputed(clinicNo, () => ({ limit: pLimit(atOnceMax), refusedCount: 0 }))
    const { limit } = clinic
    if (limit.pendingCount - clinic.refusedCount >= waitingMax) return overloaded
    const forgetIfIdle = () => {
      if (limit.activeCount + limit.pendingCount === 0) clinics.delete(clinicNo)
    }
    let isRefused = false
    const refused = Promise.withResolvers<Overloaded>()
    const refuse = () => {
      isRefused = true
      clinic.refusedCount += 1
      refused.resolve(overloaded)
    }
    const isTimed = limit.activeCount + limit.pendingCount >= atOnceMax && Number.isFinite(deadline)
    const timer = isTimed ? setTimeout(refuse, Math.max(0, deadline - performance.now())) : undefined
    const done = limit(async () => {
      clearTimeout(timer)
      if (isRefused) clinic.refusedCount -= 1
      return isRefused || performance.now() > deadline ? overloaded : await work()
    })
    return await Promise.race([done.finally(forgetIfIdle), refused.promise])
  }
}

/**
 * Limits what clinics take together, `atOnceMax`. One clinic takes at most one less, and those of several clinics have
 * their turns.
 */
export function createSharedLimiter(settings: ClinicLimiterSettings): ClinicLimiter {
  const { atOnceMax, waitMsMax } = settings
  const ofClinic = createClinicLimiter({ ...settings, atOnceMax: Math.max(1, atOnceMax - 1) })
  const ofAll = createClinicLimiter(settings)
  return (clinicNo, work, deadline = performance.now() + waitMsMax) =>
    ofClinic(clinicNo, () => ofAll(0, work, deadline), deadline)
}
