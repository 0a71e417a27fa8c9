import type pg from 'pg'
import sql from 'sql-template-tag'
import { rethrowAfterCommit } from '../database/database-unavailable.ts'
import type { WithdrawSlotsOutcome, WithdrawSlotsRequest } from '../model/slot.ts'
import { withdrawSlots } from './withdraw-slots.ts'

/** What one transaction withdraws. It holds the locks of its slots for that long, and claims wait for them. */
export type PartLimits = { slotsMax: number; unitsMax: number }

const partLimits: PartLimits = { slotsMax: 500, unitsMax: 5_000 }
/** One more than `withdraw_slots` accepts, which then reports its limits. */
const slotsReadMax = 20_001

type Range = { doctorId: string; from: Date; to: Date }

/**
 * {@link withdrawSlots}, but a large range with its bookings takes several transactions, one after the other, so that
 * no claim waits for all of them. Without bookings a range is withdrawn at once, or not at all: that takes less than a
 * second for 20,000 slots.
 *
 * @param onPart called with the position of each transaction that has withdrawn slots
 * @throws DatabaseUnavailable with `outcomeUnknown` if a later transaction fails: the request has to be repeated
 */
export async function withdrawInParts(
  pool: pg.Pool,
  request: WithdrawSlotsRequest,
  onPart: (position: string | null) => void,
  limits: PartLimits = partLimits,
): Promise<WithdrawSlotsOutcome> {
  const parts = await partsOf(pool, request, limits)
  const all: WithdrawSlotsOutcome & { kind: 'withdrawn' } = {
    kind: 'withdrawn',
    slots: 0,
    sessions: 0,
    bookings: [],
    position: null,
  }
  if (parts.length > 1) {
    // Reports a range that is too large before anything is withdrawn, and counts each session once, although several
    // parts may close it.
    const whole = await withdrawSlots(pool, { ...request, dryRun: true })
    if (whole.kind !== 'withdrawn') return whole
    all.sessions = whole.sessions
  }
  for (const [index, which] of parts.entries()) {
    const withdrawing = withdrawSlots(pool, { ...request, which })
    const outcome = await (index === 0 ? withdrawing : withdrawing.catch(rethrowAfterCommit))
    if (outcome.kind !== 'withdrawn') return outcome
    if (!request.dryRun) onPart(outcome.position)
    all.slots += outcome.slots
    if (parts.length === 1) all.sessions = outcome.sessions
    all.bookings.push(...outcome.bookings)
    if (outcome.position !== null) all.position = outcome.position
  }
  return all
}

async function partsOf(
  pool: pg.Pool,
  { clinicNo, which, withBookings, dryRun }: WithdrawSlotsRequest,
  { slotsMax, unitsMax }: PartLimits,
): Promise<WithdrawSlotsRequest['which'][]> {
  if ('slotId' in which || dryRun || !withBookings) return [which]
  const { rows } = await pool.query<{ starts_at: Date; taken: number }>(sql`
    select starts_at, taken from holdfast.slot
     where clinic_no = ${clinicNo} and resource_id = ${which.doctorId} and withdrawn_at is null
       and starts_at >= ${which.from} and starts_at < ${which.to}
     order by starts_at limit ${slotsReadMax}`)
  const parts: Range[] = []
  let part = { from: which.from, slots: 0, units: 0 }
  for (const { starts_at: startsAt, taken } of rows) {
    const isFull = part.slots >= slotsMax || (part.slots > 0 && part.units + taken > unitsMax)
    if (isFull && startsAt > part.from) {
      parts.push({ doctorId: which.doctorId, from: part.from, to: startsAt })
      part = { from: startsAt, slots: 0, units: 0 }
    }
    part.slots += 1
    part.units += taken
  }
  return [...parts, { doctorId: which.doctorId, from: part.from, to: which.to }]
}
