import { setTimeout as delay } from 'node:timers/promises'
import { bookings, type Calendar } from '../contenders/contender.ts'
import { firstSlotStart } from '../contenders/our-calendar.ts'
import type { OurServer } from '../contenders/our-server.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { futurePosition, listPath, listsOf } from './reads.ts'
import { faultsOf, loadJob, nothing } from './round.ts'
import type { Bench, Scenario, ScenarioResult } from './scenario.ts'

/** The time until the server has read from the log that a calendar was created. */
const logReadMs = 1_000
const listed = { doctors: 20, slotsPerDoctor: 30 }
/** More times than are claimed in a round. */
const claimed = { doctors: 100, slotsPerDoctor: 576 }
const claimedInSmoke = { doctors: 10, slotsPerDoctor: 480 }

/** Visits in open sessions beside fixed slots: the same times of the same doctors, listed and claimed. */
export const visits: Scenario = {
  name: 'visits',
  title: 'Start times in open sessions, and slots at the same times',
  inSmoke: true,
  async run(bench) {
    const ours = await bench.startOurs('visits')
    try {
      const lists = await listRounds(bench, ours)
      const claims = await claimRounds(bench, ours)
      return resultOf(lists, claims)
    } finally {
      await ours.stop()
    }
  },
}

type Measurement = { perSecond: number; faults: string[] }
type Rounds = { name: string; rounds: Measurement[] }[]

function loadOf({ pace: { warmupMs, roundMs, connections } }: Bench) {
  return { load: { kind: 'closed', warmupMs, durationMs: roundMs }, connections } as const
}

async function alternated<Side extends { name: string }>(
  bench: Bench,
  sides: readonly Side[],
  run: (side: Side, seed: number) => Promise<Measurement>,
): Promise<Rounds> {
  const rounds = await alternate(sides, bench.pace.isSmoke ? 1 : bench.pace.rounds, async (side, seed) => {
    const one = await run(side, seed)
    bench.say(`  ${side.name}: ${Math.round(one.perSecond)}/s`)
    return one
  })
  return sides.map(({ name }, index) => ({ name, rounds: rounds[index] ?? [] }))
}

/** Lists of one day of a doctor: as a cache has them, and for a reader whom no cache may serve. */
async function listRounds(bench: Bench, ours: OurServer): Promise<Rounds> {
  const slots = await ours.makeCalendar({ ...listed, units: listed.doctors * listed.slotsPerDoctor })
  const sessions = await ours.calendars.makeSessions(listed)
  await delay(logReadMs)
  const ofSlots = listsOf(slots.doctorIds.map(listPath))
  const paths = sessions.doctorIds.map((doctorId) => timesPath(doctorId, sessions.visitTypeId))
  const ofTimes = { ...listsOf(paths), name: 'lists of times', startsWith: '{"items":[{"sessionId":"' }
  const position = await futurePosition(ours.target, ofSlots.paths[0] ?? '')
  const sides = [
    { name: 'lists of slots', part: ofSlots, calendar: slots },
    { name: 'lists of times', part: ofTimes, calendar: sessions },
    { name: 'lists of slots, not cached', part: { ...ofSlots, position }, calendar: slots },
    { name: 'lists of times, not cached', part: { ...ofTimes, position }, calendar: sessions },
  ]
  return alternated(bench, sides, async ({ part, calendar }, seed) => {
    const plan = { ...loadOf(bench), seed, parts: () => [part] }
    const result = await bench.generator.run(loadJob(bench, ours, plan, calendar))
    const faults = result.wrongCount > 0 ? [`visits: ${result.wrong[0]}`] : []
    return { perSecond: (result.parts[0]?.windowOutcomes.ok ?? 0) / result.seconds, faults }
  })
}

/** Claims of one time after the other, each of another patient; a new calendar for each round. */
async function claimRounds(bench: Bench, ours: OurServer): Promise<Rounds> {
  const shape = bench.pace.isSmoke ? claimedInSmoke : claimed
  const once = (calendar: Calendar, visitTypeId?: string) =>
    bookings(ours, calendar, { order: 'once', ...(visitTypeId === undefined ? {} : { visitTypeId }) })
  const ofSlots = async () => {
    const calendar = await ours.makeCalendar({ ...shape, units: shape.doctors * shape.slotsPerDoctor })
    return { calendar, part: once(calendar) }
  }
  const ofTimes = async () => {
    const calendar = await ours.calendars.makeSessions(shape)
    return { calendar, part: once(calendar, calendar.visitTypeId) }
  }
  const sides = [
    { name: 'claims of slots', make: ofSlots },
    { name: 'claims of times', make: ofTimes },
  ]
  return alternated(bench, sides, async ({ make }, seed) => {
    const { calendar, part } = await make()
    const plan = { ...loadOf(bench), seed, parts: () => [part] }
    const result = await bench.generator.run(loadJob(bench, ours, plan, calendar))
    const booking = result.parts[0] ?? nothing
    const faults = faultsOf(ours, result, booking, await ours.recount(calendar))
    return { perSecond: (booking.windowOutcomes.booked ?? 0) / result.seconds, faults }
  })
}

function timesPath(doctorId: string, visitTypeId: string): string {
  const day = new Date(firstSlotStart()).toISOString().slice(0, 10)
  return `/api/v1/doctors/${doctorId}/times?visitTypeId=${visitTypeId}&from=${day}&to=${day}`
}

function resultOf(lists: Rounds, claims: Rounds): ScenarioResult {
  const all = [...lists, ...claims]
  const ratesOf = (name: string) => all.find((one) => one.name === name)?.rounds.map(({ perSecond }) => perSecond) ?? []
  const part = (name: string, times: string, slots: string, min: number) => {
    const reached = ratiosOf(ratesOf(times), ratesOf(slots))
    return { name, reached, unit: '×', isReached: reached.median >= min }
  }
  const cached = part('cached', 'lists of times', 'lists of slots', 0.5)
  const uncached = part('not cached', 'lists of times, not cached', 'lists of slots, not cached', 0.5)
  const claim = part('claims', 'claims of times', 'claims of slots', 0.7)
  return {
    measured: all.map(({ name }) => ({ name, values: { 'per second': spreadOf(ratesOf(name)) } })),
    figures: [
      { row: 31, title: 'lists of start times/s ÷ lists of slots/s', target: '≥ 0.5', parts: [cached, uncached] },
      { row: 32, title: 'claims of start times/s ÷ claims of slots/s', target: '≥ 0.7', parts: [claim] },
    ],
    faults: all.flatMap(({ rounds }) => rounds.flatMap(({ faults }) => faults)),
    notes: ['Visits are as long as the slots, and have no buffers. Each time is claimed once.'],
  }
}
