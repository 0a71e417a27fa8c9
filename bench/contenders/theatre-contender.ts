import type { RequestedCase } from '../load/random-case.ts'

export type CaseOutcome = 'booked' | 'refused'

/** One of the compared ways to book cases, with a theatre that has nothing in it yet. */
export type TheatreContender = {
  /** Its name in the report. */
  label: string
  claim(request: RequestedCase): Promise<CaseOutcome>
  /** How many cases are stored, and what is wrong with them. */
  recount(): Promise<{ cases: number; faults: string[] }>
  /** Returns how many transactions a deadlock has ended. */
  end(): Promise<{ deadlocks: number }>
}
