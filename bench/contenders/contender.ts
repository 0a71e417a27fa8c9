import type { RequestPart, Target } from '../load/load-job.ts'

/** How many doctors with how many slots each, and how many units can be booked in total. */
export type CalendarShape = { doctors: number; slotsPerDoctor: number; units: number }

/** New doctors and slots for one round. */
export type Calendar = { slotIds: string[]; doctorIds: string[]; clinic: { no: number; id: string } | null }

/** What is stored after a round. */
export type Recount = { bookings: number; faults: string[] }

/** One of the compared systems: a running server with its database. */
export type Contender = {
  name: string
  /** Its name in the report. */
  label: string
  pid: number
  target: Target
  databaseUrl: string
  /** The outcomes of a booking request that this design may return, besides `booked`. */
  possibleRefusals: readonly string[]
  /** Whether a slot can be booked more than once. */
  slotsHaveCapacity: boolean
  /** Holdfast's responses have more fields than the baselines'. */
  isFull: boolean
  makeCalendar(shape: CalendarShape): Promise<Calendar>
  /** Counts the bookings, and looks for inconsistencies. */
  recount(calendar: Calendar): Promise<Recount>
  /** null: it has no pool to change. */
  setPoolSize: ((size: number) => Promise<void>) | null
  stop(): Promise<void>
}

/** Booking requests for a calendar: at random, or each slot once where it can be booked only once. */
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
    expected: ['booked', ...contender.possibleRefusals],
    isFull: contender.isFull,
    ...more,
  }
}
