import { type Booking, type BookingAccess, type NearTimes, newId, type TimeMoveOutcome } from '@holdfast/engine'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import type { Unbooked } from '../responses/bodies/series-body.ts'
import type { RestDeps } from '../rest-deps.ts'

/** A booking with the time that is wanted for it. `startsAt` null: there is no such time. */
export type WantedMove = {
  booking: Booking
  access: BookingAccess | null
  /** With whom, then. */
  doctorId: string
  startsAt: Date | null
  near: NearTimes | null
}

type Mover = {
  clinicNo: number
  /** null: the bearer of a manage token. */
  actorId: string | null
  onBehalf: boolean
  /** The key of the move of one booking. */
  keyOf(bookingId: string): string
}

/** The wanted times, with what is free near each of them. One after the other: a request takes one connection. */
export async function withNearTimes(
  { engine }: RestDeps,
  clinicNo: number,
  wanted: readonly Omit<WantedMove, 'near'>[],
): Promise<WantedMove[]> {
  const found: WantedMove[] = []
  for (const one of wanted) {
    const { id: movedId, visitTypeId, appointmentType } = one.booking
    const of = { clinicNo, doctorId: one.doctorId, visitTypeId, appointmentType, movedId }
    const [near = null] = one.startsAt === null ? [] : await engine.series.times({ ...of, starts: [one.startsAt] })
    found.push({ ...one, near })
  }
  return found
}

/**
 * By booking, why it would not be moved: its state, or its time, refuses every move, or the wanted time cannot be had.
 * None: that is free, or taken by others of these, which leave theirs.
 */
export async function presumedRefusals(
  { engine }: RestDeps,
  { clinicNo, onBehalf }: Pick<Mover, 'clinicNo' | 'onBehalf'>,
  wanted: readonly WantedMove[],
): Promise<Map<string, Unbooked>> {
  const refusals = new Map<string, Unbooked>()
  const bookingIds = wanted.map(({ booking }) => booking.id)
  const unmovable = await engine.series.unmovable({ clinicNo, bookingIds, onBehalf })
  for (const { booking } of wanted) {
    const kind = unmovable.get(booking.id)
    if (kind !== undefined) refusals.set(booking.id, { kind, booking })
  }
  // A booking that stays blocks its time, so those that wanted it stay as well.
  for (let size = -1; size < refusals.size; ) {
    size = refusals.size
    for (const one of wanted) {
      if (unmovable.has(one.booking.id)) continue
      const refusal = one.near?.refusal
      if (refusal && (refusal.kind !== 'slot_full' || !isLeft(one, wanted, refusals))) {
        refusals.set(one.booking.id, refusal)
      }
    }
  }
  return refusals
}

/** Whether others of these are at the wanted time of one, and none of them stays. */
function isLeft(
  { booking, startsAt, doctorId }: WantedMove,
  wanted: readonly WantedMove[],
  staying: ReadonlyMap<string, unknown>,
): boolean {
  if (startsAt === null) return false
  const endsAt = startsAt.getTime() + booking.endsAt.getTime() - booking.startsAt.getTime()
  const there = wanted.filter(
    ({ booking: other }) =>
      other.id !== booking.id &&
      takesTime(other) &&
      other.doctorId === doctorId &&
      other.startsAt.getTime() < endsAt &&
      other.endsAt > startsAt,
  )
  return there.length > 0 && there.every(({ booking: { id } }) => !staying.has(id))
}

const takesTime = ({ status }: Booking) => status !== 'CANCELLED' && status !== 'FAILED'

/**
 * One move after the other, so that each leaves its time before another enters it: of those that move to a later time,
 * the last one first. Safe to repeat, by the keys.
 *
 * @returns by booking, why it was not moved; `position` null: none was
 */
export async function moveInOrder(
  deps: RestDeps,
  mover: Mover,
  wanted: readonly WantedMove[],
): Promise<{ refusals: Map<string, Unbooked>; position: string | null }> {
  const refusals = new Map<string, Unbooked>()
  let position: string | null = null
  for (const one of inOrderOfMoves(wanted)) {
    if (one.startsAt === null) continue
    const { id } = one.booking
    const move = () => moveOne(deps, mover, one, wanted)
    const outcome: TimeMoveOutcome = await (position === null ? move() : afterCommit(move))
    if (outcome.kind === 'done' || outcome.kind === 'unchanged') position = outcome.position
    else refusals.set(id, outcome)
  }
  return { refusals, position }
}

function inOrderOfMoves(wanted: readonly WantedMove[]): WantedMove[] {
  const byStart = wanted.toSorted((a, b) => a.booking.startsAt.getTime() - b.booking.startsAt.getTime())
  const isLater = ({ booking, startsAt }: WantedMove) => startsAt !== null && startsAt > booking.startsAt
  return [...byStart.filter(isLater).toReversed(), ...byStart.filter((one) => !isLater(one))]
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
