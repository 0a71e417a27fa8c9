import { type CaseRow, plannedEndOf } from './case-row.ts'

/** How many minutes of cases a block takes. */
const blockMinutes = 480

export type PlannedBlock = { room: string; from: Temporal.Instant; to: Temporal.Instant; minutes: number }

export type PlannedMilestone = {
  milestone: 'in_room' | 'incision' | 'closure' | 'out_of_room'
  at: Temporal.Instant
}

export type PlannedCase = { row: CaseRow; startsAt: Temporal.Instant; milestones: PlannedMilestone[] }

export type CasesPlan = {
  /** How many weeks every day was moved. */
  weeks: number
  firstDate: string
  lastDate: string
  rooms: string[]
  blocks: PlannedBlock[]
  /** The cases in the order of the file. */
  cases: PlannedCase[]
}

/**
 * Moves the rows by whole weeks, so that weekdays stay, and plans one block for each room and day: it spans the day's
 * cases, is at least as long as its 480 minutes, and belongs to everybody. The file says nothing of blocks.
 */
export function planCases(rows: readonly CaseRow[], timeZone: string, weeks: number): CasesPlan {
  const instant = (local: Temporal.PlainDateTime) => local.add({ weeks }).toZonedDateTime(timeZone).toInstant()
  const dates = rows.map(({ startsAt }) => startsAt.toPlainDate().add({ weeks }).toString()).sort()
  const byRoomDay = Map.groupBy(rows, ({ room, startsAt }) => `${startsAt.toPlainDate()} ${room}`)
  const blocks = [...byRoomDay.values()].flatMap((ofRoomDay) => {
    const [first] = ofRoomDay.map(({ startsAt }) => startsAt).sort(Temporal.PlainDateTime.compare)
    const last = ofRoomDay.map(plannedEndOf).sort(Temporal.PlainDateTime.compare).at(-1)
    const room = ofRoomDay[0]?.room
    if (first === undefined || last === undefined || room === undefined) return []
    const [from, to] = [instant(first), instant(last)]
    const shortest = from.add({ minutes: blockMinutes })
    const end = Temporal.Instant.compare(to, shortest) < 0 ? shortest : to
    return [{ room, from, to: end, minutes: blockMinutes }]
  })
  return {
    weeks,
    firstDate: dates[0] ?? '',
    lastDate: dates.at(-1) ?? '',
    rooms: [...new Set(rows.map(({ room }) => room))],
    blocks,
    cases: rows.map((row) => ({ row, startsAt: instant(row.startsAt), milestones: milestonesOf(row, instant) })),
  }
}

function milestonesOf(
  { wheelsIn, incisionStart, incisionEnd, wheelsOut }: CaseRow,
  instant: (local: Temporal.PlainDateTime) => Temporal.Instant,
): PlannedMilestone[] {
  const named = [
    ['in_room', wheelsIn],
    ['incision', incisionStart],
    ['closure', incisionEnd],
    ['out_of_room', wheelsOut],
  ] as const
  return named.flatMap(([milestone, local]) => (local === null ? [] : [{ milestone, at: instant(local) }]))
}
