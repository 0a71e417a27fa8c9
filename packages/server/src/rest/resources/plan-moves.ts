import type { MoveFacts, VisitRefusal } from '@holdfast/engine'

/** A booking that is to be moved to a time with a doctor, alone: `refusal` null: that is free now. */
export type PlannedMove = {
  id: string
  doctorId: string
  startsAt: Date
  visitTypeId: string | null
  refusal: VisitRefusal | null
  facts: MoveFacts
}

export type MovePlan = {
  /** Those that can be moved, one after the other, by their ids. */
  order: string[]
  /** Those whose time others of these keep, or something else does. */
  full: Set<string>
  /** Those that wait for each other: each needs the time of another one that cannot leave before. */
  swapped: Set<string>
}

/** Where a booking is in the plan: whom it is in the way of. */
type Place = { id: string; doctorId: string; from: number; until: number; units: number; shared: string }

/**
 * In which order bookings can be moved, so that each leaves its time before another one enters it, and which have to
 * stay. Only bookings that may be moved, and whose time nothing refuses but what is booked there. Those that `stay`
 * keep their places, too.
 */
export function planMoves(moves: readonly PlannedMove[], stay: readonly PlannedMove[]): MovePlan {
  const places = new Map([...moves, ...stay].map((move) => [move.id, placeOf(move)]))
  // Its time is taken by something that these facts do not show, such as a case that takes longer.
  const full = new Set(
    moves.filter((move) => move.refusal !== null && inTheWay(move, places) === 'nothing').map(({ id }) => id),
  )
  const waiting = new Map(moves.filter(({ id }) => !full.has(id)).map((move) => [move.id, move]))
  const order: string[] = []
  for (let moved = true; moved; ) {
    moved = false
    for (const move of waiting.values()) {
      if (inTheWay(move, places) === 'nothing') {
        places.set(move.id, wantedPlaceOf(move))
        waiting.delete(move.id)
        order.push(move.id)
        moved = true
        break
      }
    }
  }
  // A booking that stays blocks its time, so those that wanted it stay as well.
  for (let size = -1; size < full.size; ) {
    size = full.size
    for (const move of waiting.values()) {
      const others = inTheWay(move, places)
      if (
        others === 'something else' ||
        (others !== 'nothing' && others.some((id) => !waiting.has(id) || full.has(id)))
      )
        full.add(move.id)
    }
  }
  return { order, full, swapped: new Set([...waiting.keys()].filter((id) => !full.has(id))) }
}

function placeOf({ id, facts: { doctorId, during, units, slotId } }: PlannedMove): Place {
  return { id, doctorId, from: during.from.getTime(), until: during.until.getTime(), units, shared: slotId }
}

function wantedPlaceOf(move: PlannedMove): Place {
  const { id, doctorId, facts } = move
  const { from, until } = facts.wanted ?? facts.during
  return { id, doctorId, from: from.getTime(), until: until.getTime(), units: facts.units, shared: wantedSlotOf(move) }
}

/** The slot that it would enter: that of others, or a new one of its type. */
function wantedSlotOf({ doctorId, startsAt, visitTypeId, facts: { wantedSlotId } }: PlannedMove): string {
  return wantedSlotId ?? `${doctorId} ${startsAt.getTime()} ${visitTypeId}`
}

/** What keeps a move from its time now: the ids of others of these, or something that does not leave. */
function inTheWay(move: PlannedMove, places: ReadonlyMap<string, Place>): 'nothing' | 'something else' | string[] {
  const { facts } = move
  const wanted = wantedPlaceOf(move)
  const others = [...places.values()].filter(
    ({ id, doctorId, from, until, units }) =>
      id !== move.id && units > 0 && doctorId === wanted.doctorId && from < wanted.until && until > wanted.from,
  )
  const sharing = others.filter(({ shared }) => shared === wanted.shared)
  const apart = others.filter(({ shared }) => shared !== wanted.shared)
  const shared = sharing.reduce((sum, { units }) => sum + units, 0)
  const isFull = shared + wanted.units > facts.unitsFree
  if (facts.isTaken || wanted.units > facts.unitsFree) return 'something else'
  const ids = [...apart, ...(isFull ? sharing : [])].map(({ id }) => id)
  if (ids.length > 0) return ids
  return 'nothing'
}
