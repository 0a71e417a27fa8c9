import type { RequestPart, Target } from '../load/load-job.ts'

/** How many doctors with how many slots each, and how many units may be booked in all. */
export type CalendarShape = { doctors: number; slotsPerDoctor: number; places: number }

/** Fresh doctors and slots for one round. */
export type Calendar = { slotIds: string[]; doctorIds: string[]; clinic: { no: number; id: string } | null }

/** What the database holds after a round. */
export type Recount = { bookings: number; faults: string[] }

/** Who takes part: a running server over a database of its own. */
export type Contender = {
  name: string
  /** As the report calls it. */
  label: string
  pid: number
  target: Target
  databaseUrl: string
  /** What a request for a booking may be answered, other than `booked`. */
  mayAnswer: readonly string[]
  /** Whether a slot can be booked more than once. */
  slotsHaveCapacity: boolean
  /** Our own answers have more fields. */
  isFull: boolean
  makeCalendar(shape: CalendarShape): Promise<Calendar>
  /** Counts what was booked, and looks for what may not be. */
  recount(calendar: Calendar): Promise<Recount>
  /** null: it has no pool to change. */
  setPoolSize: ((size: number) => Promise<void>) | null
  stop(): Promise<void>
}

/** Bookings on a calendar: at random, or each slot once where it can only be booked once. */
export function bookings(
  contender: Contender,
  calendar: Calendar,
  more: Partial<Extract<RequestPart, { kind: 'book' }>> = {},
): Extract<RequestPart, { kind: 'book' }> {
  return {
    kind: 'book',
    weight: 1,
    slotIds: calendar.slotIds,
    order: contender.slotsHaveCapacity ? 'random' : 'once',
    expected: ['booked', ...contender.mayAnswer],
    isFull: contender.isFull,
    ...more,
  }
}
