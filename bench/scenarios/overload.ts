import { bookings, type Calendar } from '../contenders/contender.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import type { Round } from './round.ts'
import { runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

/** The product's limit for a claim's wait (HOLDFAST_QUEUE_WAIT_MS_MAX), which is its deadline. */
const deadlineMs = 5_000
const giveUpMs = 2_000

/** More arrivals than can be served, at predetermined times: many must still be accepted, within the deadline. */
export const overload: Scenario = {
  name: 'overload',
  title: 'Twice and four times as many arrivals as can be served',
  inSmoke: true,
  async run(bench) {
    const { isSmoke } = bench.pace
    const ours = await bench.ours()
    const run = (load: Parameters<typeof runRound>[2]['load'], connections: number, seed: number) =>
      runRound(bench, ours, {
        shape: { doctors: 10, slotsPerDoctor: 100, units: 1_000_000 },
        load,
        connections,
        seed,
        parts: (calendar: Calendar) => [bookings(ours, calendar, { expected: ['booked', 'overloaded'] })],
      })
    const peaks: Round[] = []
    const over = [2, 4].map((times) => ({ times, rounds: [] as Round[] }))
    for (let seed = 0; seed < (isSmoke ? 1 : 3); seed += 1) {
      const { warmupMs, roundMs, connections } = bench.pace
      const peak = await run({ kind: 'closed', warmupMs, durationMs: roundMs }, connections, seed)
      peaks.push(peak)
      for (const { times, rounds } of over) {
        const ratePerSecond = Math.max(1_000, peak.bookedPerSecond * times)
        const load = { kind: 'open', warmupMs: roundMs / 2, durationMs: roundMs, ratePerSecond, giveUpMs } as const
        const round = await run(load, isSmoke ? 500 : 6_000, seed)
        bench.say(`  ${times}×: ${Math.round(round.bookedPerSecond)} of ${Math.round(ratePerSecond)}/s booked`)
        rounds.push(round)
      }
    }
    return resultOf(peaks, over)
  },
}

function resultOf(peaks: Round[], over: { times: number; rounds: Round[] }[]): Awaited<ReturnType<Scenario['run']>> {
  const peak = peaks.map((round) => round.bookedPerSecond)
  const minimum = new Map([
    [2, 0.8],
    [4, 0.5],
  ])
  const parts = over.flatMap(({ times, rounds }) => {
    const reached = ratiosOf(
      rounds.map((round) => round.bookedPerSecond),
      peak,
    )
    const p99 = spreadOf(rounds.map((round) => round.booking.latencies.booked?.p99 ?? 0))
    return [
      {
        name: `goodput at ${times}× ÷ peak`,
        reached,
        unit: '×',
        isReached: reached.median >= (minimum.get(times) ?? 1),
      },
      { name: `p99 at ${times}×`, reached: p99, unit: ' ms', isReached: p99.min > 0 && p99.max < deadlineMs },
    ]
  })
  const rate = (rounds: Round[], outcome: string) =>
    spreadOf(rounds.map(({ booking, load }) => (booking.windowOutcomes[outcome] ?? 0) / load.seconds))
  const measured = [
    { name: 'peak (closed loop)', values: { 'booked/s': spreadOf(peak) } },
    ...over.map(({ times, rounds }) => ({
      name: `${times}× (open loop)`,
      values: {
        'booked/s': rate(rounds, 'booked'),
        'refused 503/s': rate(rounds, 'overloaded').median,
        'gave up/s': rate(rounds, 'gave_up').median,
        'booked p50 ms': spreadOf(rounds.map((round) => round.booking.latencies.booked?.p50 ?? 0)).median,
        'booked p99 ms': spreadOf(rounds.map((round) => round.booking.latencies.booked?.p99 ?? 0)).median,
        'refused p99 ms': spreadOf(rounds.map((round) => round.booking.latencies.overloaded?.p99 ?? 0)).median,
      },
    })),
  ]
  const title = 'goodput at 2× and 4× saturation ÷ peak; p99 of the accepted'
  const target = '≥ 0.8 and ≥ 0.5; under the deadline of 5 s'
  const faults = [...peaks, ...over.flatMap(({ rounds }) => rounds)].flatMap((round) => round.faults)
  const note = `Latency counts from the intended arrival. A request not sent within ${giveUpMs / 1000} s is given up.`
  return { measured, figures: [{ row: 11, title, target, parts }], faults, notes: [note] }
}
