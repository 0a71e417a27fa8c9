import {
  type Booking,
  type BookingAccess,
  type NearTimes,
  newId,
  type TimeMoveOutcome,
  type VisitRefusal,
} from '@holdfast/engine'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import type { Unbooked } from '../responses/bodies/time-refusal-body.ts'
import type { RestDeps } from '../rest-deps.ts'
import { type PlannedMove, planMoves } from './plan-moves.ts'

/** A booking with the time that is wanted for it. `startsAt` null: there is no such time. */
export type WantedMove = {
  booking: Booking
  access: BookingAccess | null
  /** With whom, then. */
  doctorId: string
  startsAt: Date | null
  near: NearTimes | null
}

type Caller = { clinicNo: number; onBehalf: boolean }

type Mover = Caller & {
  /** null: the bearer of a manage token. */
  actorId: string | null
  /** The key of the move of one booking. */
  keyOf(bookingId: string): string
}

/**
 * The wanted times, with what is free then, and, with `alternatives`, near each of them. One after the other: a request
 * takes one connection.
 */
export async function withNearTimes(
  deps: RestDeps,
  mover: Caller,
  wanted: readonly Omit<WantedMove, 'near'>[],
  { alternatives }: { alternatives: boolean },
): Promise<WantedMove[]> {
  const found: WantedMove[] = []
  for (const one of wanted) found.push({ ...one, near: await nearOf(deps, mover, one, !alternatives) })
  return found
}

async function nearOf(
  { engine }: RestDeps,
  { clinicNo, onBehalf }: Caller,
  { booking, doctorId, startsAt }: Omit<WantedMove, 'near'>,
  exact: boolean,
): Promise<NearTimes | null> {
  const { id: movedId, visitTypeId, appointmentType, accountId } = booking
  if (startsAt === null) return null
  const of = { clinicNo, doctorId, visitTypeId, appointmentType, onBehalf, accountId, movedId, exact }
  const [near = null] = await engine.reads.nearTimes({ ...of, starts: [startsAt] })
  return near
}

/** By booking, why it would not be moved, judged without locks. None: it would. */
export async function presumedRefusals(
  deps: RestDeps,
  mover: Caller,
  wanted: readonly WantedMove[],
): Promise<Map<string, Unbooked>> {
  const { refusals } = await planned(deps, mover, wanted)
  return refusals
}

/** In which order they are moved: first those that leave their time to others. */
async function planned(
  { engine }: RestDeps,
  { clinicNo, onBehalf }: Caller,
  wanted: readonly WantedMove[],
): Promise<{ order: WantedMove[]; refusals: Map<string, Unbooked> }> {
  const refusals = new Map<string, Unbooked>()
  const bookingIds = wanted.map(({ booking }) => booking.id)
  const unmovable = await engine.reads.unmovable({ clinicNo, bookingIds, onBehalf })
  const facts = await engine.reads.moveFacts({
    clinicNo,
    moves: wanted.map(({ booking, doctorId, startsAt }) => ({
      bookingId: booking.id,
      doctorId,
      startsAt: startsAt ?? booking.startsAt,
    })),
  })
  const moves: PlannedMove[] = []
  const stay: PlannedMove[] = []
  for (const one of wanted) {
    const { booking, doctorId, startsAt } = one
    const { id, visitTypeId } = booking
    const kind = unmovable.get(id)
    const isInPlace = startsWhereItIs(one)
    const refusal = isInPlace ? refusalInPlace(one) : (one.near?.refusal ?? null)
    const its = facts.get(id)
    if (kind !== undefined) refusals.set(id, { kind, booking })
    else if (refusal !== null && refusal.kind !== 'slot_full') refusals.set(id, refusal)
    if (its === undefined) continue
    const planning = { id, doctorId, startsAt: startsAt ?? booking.startsAt, visitTypeId, refusal, facts: its }
    if (startsAt === null || isInPlace || refusals.has(id)) stay.push(planning)
    else moves.push(planning)
  }
  const plan = planMoves(moves, stay)
  for (const id of plan.full) refusals.set(id, { kind: 'slot_full' })
  for (const id of plan.swapped) refusals.set(id, { kind: 'times_swapped' })
  const places = new Map(plan.order.map((id, index) => [id, index]))
  const placeOf = ({ booking: { id } }: WantedMove) => places.get(id) ?? places.size
  return { order: wanted.toSorted((a, b) => placeOf(a) - placeOf(b)), refusals }
}

const startsWhereItIs = ({ booking, doctorId, startsAt }: WantedMove) =>
  doctorId === booking.doctorId && startsAt?.getTime() === booking.startsAt.getTime()

/** Why a booking may not stay where it is, by the rules of its session: it is itself what takes the time. */
function refusalInPlace({ booking, near }: WantedMove): VisitRefusal | null {
  const refusal = near?.refusal ?? null
  const isTaken = refusal?.kind === 'slot_full' || (refusal?.kind === 'slot_closed' && refusal.why === 'doctor_busy')
  return isTaken || booking.sessionId === null ? null : refusal
}

/**
 * One move after the other, so that each leaves its time before another enters it. Each judges for itself, also those
 * that {@link presumedRefusals} names. Safe to repeat, by the keys.
 *
 * @returns by booking, why it was not moved; in `wanted`, what is free near the times of these; `position` null: none
 * was moved
 */
export async function moveInOrder<Wanted extends WantedMove>(
  deps: RestDeps,
  mover: Mover,
  wanted: readonly Wanted[],
): Promise<{ wanted: Wanted[]; refusals: Map<string, Unbooked>; position: string | null }> {
  const plan = await planned(deps, mover, wanted)
  const refusals = new Map<string, Unbooked>()
  let position: string | null = null
  for (const one of plan.order) {
    if (one.startsAt === null) continue
    const { id } = one.booking
    const move = () => moveOne(deps, mover, one, wanted)
    const outcome: TimeMoveOutcome = await (position === null ? move() : afterCommit(move))
    if (outcome.kind === 'done' || outcome.kind === 'unchanged') position = outcome.position
    else refusals.set(id, outcome.kind === 'slot_full' ? (plan.refusals.get(id) ?? outcome) : outcome)
  }
  const withAlternatives = async () => {
    const shown: Wanted[] = []
    for (const one of wanted) {
      shown.push(refusals.has(one.booking.id) ? { ...one, near: await nearOf(deps, mover, one, false) } : one)
    }
    return shown
  }
  const shown = await (position === null ? withAlternatives() : afterCommit(withAlternatives))
  return { wanted: shown, refusals, position }
}

async function moveOne(
  { engine }: RestDeps,
  { clinicNo, actorId, onBehalf, keyOf }: Mover,
  { booking, access, doctorId, startsAt, near }: WantedMove,
  wanted: readonly WantedMove[],
): Promise<TimeMoveOutcome> {
  const at = startsAt ?? booking.startsAt
  const moving = { bookingId: booking.id, actorId, onBehalf, key: keyOf(booking.id), access }
  const free = near?.refusal === null ? near.free[0] : undefined
  if (booking.visitTypeId !== null && booking.sessionId !== null) {
    const to = new Date(at.getTime() + 1)
    const [session] = await engine.sessions.list({ doctorId, from: at, to })
    // Without a session, only a move that was made under this key is found.
    const sessionId = session?.id ?? newId(clinicNo)
    const outcome = await engine.moveToTime({ ...moving, sessionId, startsAt: at, visitTypeId: null })
    return outcome.kind === 'session_missing' ? (near?.refusal ?? outcome) : outcome
  }
  const left = wanted.find(
    ({ booking: other }) => other.doctorId === doctorId && other.startsAt.getTime() === at.getTime(),
  )
  const slotId = free !== undefined && 'slotId' in free ? free.slotId : left?.booking.slotId
  const outcome = await engine.move({ ...moving, slotId: slotId ?? newId(clinicNo) })
  return outcome.kind === 'slot_missing' ? (near?.refusal ?? outcome) : outcome
}
