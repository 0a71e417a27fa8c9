import { type CaseRow, timesOf } from './case-row.ts'
import type { PlannedBlock, PlannedCase } from './plan-cases.ts'
import type { RoomOnServer } from './prepare-theatre.ts'
import type { RefusedRow } from './refused-row.ts'

/** The rooms as the rows that are booked take them, by the times of the file. */
export type PlannedRooms = {
  /** Why the row cannot be booked after those that are; null: the file says nothing against it. */
  refusalOf(planned: PlannedCase): RefusedRow | null
  add(planned: PlannedCase): void
}

type Taken = { row: CaseRow; from: number; to: number; block: PlannedBlock | undefined }

const minuteMs = 60_000

/**
 * Decides by the file alone which rows are in each other's way. A server that has the milestones cannot: a case that
 * ended early has given back the rest of its time and of its block's minutes, so a second run would book other rows.
 *
 * @param blocks those that this run or an earlier one has created; the server decides what fits others
 */
export function plannedRooms(rooms: ReadonlyMap<string, RoomOnServer>, blocks: readonly PlannedBlock[]): PlannedRooms {
  const booked = new Map<string, Taken[]>()
  const takenBy = ({ row, startsAt }: PlannedCase): Taken => {
    const from = startsAt.epochMilliseconds
    const to = from + (row.minutes + (rooms.get(row.room)?.turnoverMinutes ?? 0)) * minuteMs
    const block = blocks.find(
      (one) => one.room === row.room && one.from.epochMilliseconds <= from && from < one.to.epochMilliseconds,
    )
    return { row, from, to, block }
  }
  return {
    refusalOf(planned) {
      const wanted = takenBy(planned)
      const { row, from, to, block } = wanted
      const inRoom = booked.get(row.room) ?? []
      const overlaps = inRoom
        .filter((other) => other.from < to && from < other.to)
        .map((other) => ({ caseId: other.row.caseId, ...timesOf(other.row) }))
      const refused = { caseId: row.caseId, room: row.room, ...timesOf(row), overlaps }
      if (overlaps.length > 0) return { ...refused, why: 'overlap' }
      if (block === undefined) return null
      const ofBlock = [...inRoom.filter((other) => other.block === block), wanted]
      const minutes = ofBlock.reduce((sum, other) => sum + (other.to - other.from) / minuteMs, 0)
      return minutes > block.minutes ? { ...refused, why: 'block' } : null
    },

    add(planned) {
      const taken = takenBy(planned)
      booked.set(planned.row.room, [...(booked.get(planned.row.room) ?? []), taken])
    },
  }
}
