import { takenTimes } from '@holdfast/contract/case-state'
import type { AllocationKind, TheatreBoard } from '@holdfast/contract/client'

/** A person, or one piece of equipment, and when something takes it. */
export type ResourceOnBoard = {
  kind: 'surgeon' | 'anaesthetist' | 'staff' | 'equipment'
  id: string
  /** The number of a piece of equipment; 1 for people. */
  unit: number
  /** Sorted by start. `roomId` null: a case of which the reader sees nothing else. */
  times: { from: number; to: number; roomId: string | null }[]
}

const kinds = ['surgeon', 'anaesthetist', 'staff', 'equipment'] as const satisfies AllocationKind[]

/**
 * Everybody and everything that the cases of a board take, in the order of {@link kinds}.
 *
 * @param now milliseconds since 1970
 */
export function resourcesOf(
  { cases, busy = [] }: Pick<TheatreBoard, 'cases' | 'busy'>,
  now: number,
): ResourceOnBoard[] {
  const byKey = new Map<string, ResourceOnBoard>()
  const add = (
    taken: { kind: string; resourceId: string; unit: number },
    { from, to }: { from: number; to: number },
    roomId: string | null,
  ) => {
    const kind = kinds.find((one) => one === taken.kind)
    if (kind === undefined) return
    // Somebody may be surgeon of one case and assist in another: one row.
    const key = `${taken.resourceId} ${taken.unit}`
    const found = byKey.get(key) ?? { kind, id: taken.resourceId, unit: taken.unit, times: [] }
    if (kinds.indexOf(kind) < kinds.indexOf(found.kind)) found.kind = kind
    found.times.push({ from, to, roomId })
    byKey.set(key, found)
  }
  for (const one of cases) {
    for (const taken of takenTimes(one, now)) add(taken, taken, one.roomId)
  }
  // The server has computed them.
  for (const taken of busy) add(taken, { from: Date.parse(taken.from), to: Date.parse(taken.to) }, null)
  const all = [...byKey.values()]
  for (const { times } of all) times.sort((a, b) => a.from - b.from)
  return all
}
