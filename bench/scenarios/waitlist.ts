import { offerPlaces, withoutWaitlist } from '../contenders/our-waitlist.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

const waiting = 10_000
const places = 1_000

/** Appointments while nobody waits, with the functions of the waitlist and without; then places for many who wait. */
export const waitlist: Scenario = {
  name: 'waitlist',
  title: `Appointments while nobody waits, and ${places} places for ${waiting} who wait`,
  inSmoke: true,
  async run(bench) {
    const ours = await bench.ours()
    const { warmupMs, roundMs, connections, isSmoke, rounds: paceRounds } = bench.pace
    const round = (seed: number) =>
      runRound(bench, ours, {
        shape: { doctors: 10, slotsPerDoctor: 30, units: 1_000_000 },
        load: { kind: 'closed', warmupMs, durationMs: roundMs },
        connections,
        seed,
      })
    const rounds = await alternate([true, false], isSmoke ? 1 : paceRounds + 4, (isWith, seed) =>
      isWith ? round(seed) : withoutWaitlist(ours.databaseUrl, () => round(seed)),
    )
    const [present = [], absent = []] = rounds.map((all) => all.map(({ bookedPerSecond }) => bookedPerSecond))
    const offered = await offerPlaces(ours.databaseUrl, isSmoke ? 100 : waiting, isSmoke ? 50 : places)
    const reached = ratiosOf(present, absent)
    const part = { name: 'with ÷ without', reached, unit: '×', isReached: reached.median >= 0.98 }
    return {
      measured: [
        { name: 'nobody waits', values: { 'bookings/s': spreadOf(present) } },
        { name: 'without the waitlist', values: { 'bookings/s': spreadOf(absent) } },
        { name: `${waiting} wait`, values: { 'places offered/s': offered.offeredPerSecond, places: offered.offered } },
      ],
      figures: [
        { row: 23, title: 'bookings/s while nobody waits ÷ without the waitlist', target: '≥ 0.98', parts: [part] },
      ],
      faults: [...rounds.flat().flatMap(({ faults }) => faults), ...offered.faults],
      notes: ['Without: the functions that look for a waitlist return at once that nobody waits.'],
    }
  },
}
