import { bookings, type Calendar, type CalendarShape, type Contender, type Recount } from '../contenders/contender.ts'
import type { LoadJob, LoadResult, LoadShape, PartResult, RequestPart } from '../load/load-job.ts'
import type { Bench } from './scenario.ts'

export type RoundPlan = {
  shape: CalendarShape
  load: LoadShape
  connections: number
  seed: number
  parts?: (calendar: Calendar) => RequestPart[]
}

export type Round = {
  /** Bookings per second in the window. */
  bookedPerSecond: number
  load: LoadResult
  /** The part that books. */
  booking: PartResult
  calendar: Calendar
  /** Empty: the responses agree with the database, and nothing is overbooked. */
  faults: string[]
}

/** One round of one contender: a new calendar, the load, and the check that the responses agree with the database. */
export async function runRound(bench: Bench, contender: Contender, plan: RoundPlan): Promise<Round> {
  const calendar = await contender.makeCalendar(plan.shape)
  const load = await bench.generator.run(loadJob(bench, contender, plan, calendar))
  const booking = load.parts.find((part) => part.name === 'book') ?? nothing
  const faults = faultsOf(contender, load, booking, await contender.recount(calendar))
  const bookedPerSecond = (booking.windowOutcomes.booked ?? 0) / load.seconds
  return { bookedPerSecond, load, booking, calendar, faults }
}

export const nothing: PartResult = { name: 'book', outcomes: {}, windowOutcomes: {}, latencies: {} }

export function loadJob(
  { cluster }: Pick<Bench, 'cluster'>,
  contender: Contender,
  { load, connections, seed, parts }: Omit<RoundPlan, 'shape'>,
  calendar: Calendar,
): LoadJob {
  return {
    target: contender.target,
    connections,
    seed,
    shape: load,
    parts: parts?.(calendar) ?? [bookings(contender, calendar)],
    watch: [
      { name: 'server', pid: contender.pid, withChildren: false },
      { name: 'postgres', pid: cluster.postmasterPid, withChildren: true },
    ],
  }
}

/** The faults of a round. A lost response leaves open whether its booking exists; every other one must be stored. */
export function faultsOf(
  { label }: Pick<Contender, 'label'>,
  load: Pick<LoadResult, 'wrongCount' | 'wrong'>,
  { outcomes }: Pick<PartResult, 'outcomes'>,
  recount: Recount,
): string[] {
  const faults = recount.faults.map((fault) => `${label}: ${fault}`)
  if (load.wrongCount > 0) faults.push(`${label}: ${load.wrongCount} wrong responses, such as ${load.wrong[0]}`)
  const { booked = 0, lost = 0 } = outcomes
  if (recount.bookings < booked || recount.bookings > booked + lost)
    faults.push(
      `${label}: ${booked} bookings were confirmed (and ${lost} responses lost), ${recount.bookings} are stored`,
    )
  return faults
}
