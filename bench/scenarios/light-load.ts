import type { Contender } from '../contenders/contender.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

/** A lone client must not wait for a batch to fill. */
export const lightLoad: Scenario = {
  name: 'light-load',
  title: 'Light load: one client, one request at a time',
  inSmoke: true,
  async run(bench) {
    const ours = await bench.ours()
    const all: Contender[] = [ours, await bench.baseline('single-claims'), await bench.baseline('database-function')]
    const { isSmoke, warmupMs, roundMs } = bench.pace
    const rounds = await alternate(all, isSmoke ? 1 : bench.pace.rounds + 2, (contender, seed) =>
      runRound(bench, contender, {
        shape: { doctors: 1, slotsPerDoctor: 30, units: 1_000_000 },
        load: { kind: 'closed', warmupMs, durationMs: roundMs / 2 },
        connections: 1,
        seed,
      }),
    )
    const p50s = rounds.map((sideRounds) => sideRounds.map((round) => round.booking.latencies.booked?.p50 ?? 0))
    const [mine = [], single = [], lean = []] = p50s
    const measured = all.map(({ label }, index) => {
      const p99 = spreadOf((rounds[index] ?? []).map((round) => round.booking.latencies.booked?.p99 ?? 0))
      return { name: label, values: { 'p50 ms': spreadOf(p50s[index] ?? []), 'p99 ms': p99 } }
    })
    const part = (name: string, below: number[], atMost: number) => {
      const reached = ratiosOf(mine, below)
      return { name, reached, unit: '×', isReached: reached.min > 0 && reached.median <= atMost }
    }
    const figure = {
      row: 4,
      title: "light load: p50 ÷ baseline 8's · ÷ baseline 7's",
      target: '≤ 1.3 · ≤ 2',
      parts: [part('÷ 8', single, 1.3), part('÷ 7', lean, 2)],
    }
    return { measured, figures: [figure], faults: rounds.flat().flatMap((round) => round.faults), notes: [] }
  },
}
