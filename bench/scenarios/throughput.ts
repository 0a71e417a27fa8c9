import { type BaselineName, baselines } from '../contenders/baseline-server.ts'
import type { CalendarShape, Contender } from '../contenders/contender.ts'
import { ratiosOf, type Spread, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { type Round, runRound } from './round.ts'
import type { Bench, Figure, Measured, Scenario, ScenarioResult } from './scenario.ts'

const poolSizesTried = [5, 10, 20]
const tuningMs = 800

const equallyComplete: BaselineName = 'five-statements-complete'
const everyBaseline: BaselineName[] = [
  'five-statements',
  'five-statements-express',
  equallyComplete,
  'serializable-nowait',
  'optimistic-version',
  'unique-slot',
  'slot-locks',
  'redis-lock',
  'database-function',
  'single-claims',
]

export const hotDoctor: Scenario = {
  name: 'hot-doctor',
  title: 'One hot doctor: 30 slots, everybody wants one of them',
  inSmoke: true,
  run: (bench) => compare(bench, 'hot doctor', { doctors: 1, slotsPerDoctor: 30 }, everyBaseline, bench.pace.rounds),
}

export const spread: Scenario = {
  name: 'spread',
  title: 'Spread over 10,000 slots of 100 doctors',
  inSmoke: true,
  run: (bench) =>
    compare(
      bench,
      'spread',
      { doctors: bench.pace.isSmoke ? 10 : 100, slotsPerDoctor: 100 },
      everyBaseline,
      bench.pace.rounds,
    ),
}

export const hotSlot: Scenario = {
  name: 'hot-slot',
  title: 'One hot slot of large capacity',
  inSmoke: false,
  async run(bench) {
    const names: BaselineName[] = ['five-statements', 'optimistic-version', 'database-function', 'single-claims']
    const result = await compare(
      bench,
      'hot slot',
      { doctors: 1, slotsPerDoctor: 1 },
      names,
      Math.min(3, bench.pace.rounds),
    )
    // The table of figures has targets only for the hot doctor and the spread.
    return { ...result, figures: [] }
  },
}

type Side = { contender: Contender; poolSize: number | null }

async function compare(
  bench: Bench,
  where: string,
  shape: Omit<CalendarShape, 'units'>,
  names: BaselineName[],
  roundCount: number,
): Promise<ScenarioResult> {
  const ours = await bench.ours()
  const sides: Side[] = [{ contender: ours, poolSize: null }]
  const once = async (contender: Contender, warmupMs: number, durationMs: number, seed: number): Promise<Round> =>
    runRound(bench, contender, {
      shape: { ...shape, units: unitsFor(bench, contender) },
      load: { kind: 'closed', warmupMs, durationMs },
      connections: bench.pace.connections,
      seed,
    })
  const faults: string[] = []
  if (!bench.pace.isSmoke) faults.push(...(await once(ours, 0, tuningMs * poolSizesTried.length, 1)).faults)
  for (const contender of await Promise.all(names.map((name) => bench.baseline(name)))) {
    const poolSize = await tunedPoolSize(bench, contender, (seed) => once(contender, 200, tuningMs, seed))
    sides.push({ contender, poolSize })
  }
  const rounds = await alternate(sides, roundCount, async ({ contender }, round) => {
    const one = await once(contender, bench.pace.warmupMs, bench.pace.roundMs, 100 + round)
    bench.say(`  ${contender.label}: ${Math.round(one.bookedPerSecond)} bookings/s`)
    return one
  })
  faults.push(...rounds.flat().flatMap((round) => round.faults))
  const notes = notesOf(sides, rounds)
  return { measured: measuredOf(sides, rounds), figures: figuresOf(where, sides, rounds), faults, notes }
}

/** More units than can be booked in a round. */
function unitsFor({ pace }: Bench, { slotsHaveCapacity }: Contender): number {
  const seconds = (pace.warmupMs + pace.roundMs) / 1000 + 2
  return slotsHaveCapacity ? 1_000_000 : Math.ceil(6_000 * seconds)
}

/** Tries a few pool sizes, and sets the one with the most bookings: each baseline at its best. */
async function tunedPoolSize(
  bench: Bench,
  { setPoolSize }: Contender,
  once: (seed: number) => Promise<Round>,
): Promise<number | null> {
  if (setPoolSize === null) return null
  if (bench.pace.isSmoke) return 20
  let best = { size: 0, rate: -1 }
  for (const size of poolSizesTried) {
    await setPoolSize(size)
    const { bookedPerSecond } = await once(size)
    if (bookedPerSecond > best.rate) best = { size, rate: bookedPerSecond }
  }
  await setPoolSize(best.size)
  return best.size
}

function measuredOf(sides: Side[], rounds: Round[][]): Measured[] {
  return sides.map(({ contender, poolSize }, side) => {
    const sideRounds = rounds[side] ?? []
    const perBooking = (name: string) =>
      spreadOf(
        sideRounds.map(
          (one) => ((one.load.cpuSeconds[name] ?? 0) * 1e6) / Math.max(1, one.booking.windowOutcomes.booked ?? 0),
        ),
      )
    const latency = (which: 'p50' | 'p99') =>
      spreadOf(sideRounds.map((one) => one.booking.latencies.booked?.[which] ?? 0))
    const refused = sideRounds.map(({ booking: { windowOutcomes }, load }) => {
      const all = Object.values(windowOutcomes).reduce((sum, count) => sum + count, 0)
      return (all - (windowOutcomes.booked ?? 0)) / load.seconds
    })
    return {
      name: contender.label,
      values: {
        'bookings/s': spreadOf(sideRounds.map((one) => one.bookedPerSecond)),
        'refused/s': spreadOf(refused).median,
        'p50 ms': latency('p50').median,
        'p99 ms': latency('p99').median,
        'server µs': perBooking('server').median,
        'PostgreSQL µs': perBooking('postgres').median,
        'generator µs': perBooking('generator').median,
        'all µs': perBooking('server').median + perBooking('postgres').median + perBooking('generator').median,
        pool: poolSize ?? '–',
      },
    }
  })
}

/** The other designs store less than Holdfast; this compares it with the one that stores the same. */
function notesOf(sides: Side[], rounds: Round[][]): string[] {
  const complete = sides.findIndex(({ contender }) => contender.name === equallyComplete)
  if (complete === -1) return []
  const rates = (side: number) => (rounds[side] ?? []).map((round) => round.bookedPerSecond)
  const { median, min, max } = ratiosOf(rates(0), rates(complete))
  const times = [median, min, max].map((ratio) => ratio.toPrecision(3))
  return [`Holdfast ÷ five statements that also store key, log and reference: ${times[0]}× (${times[1]}–${times[2]}).`]
}

function figuresOf(where: string, sides: Side[], rounds: Round[][]): Figure[] {
  const rates = (side: number) => (rounds[side] ?? []).map((round) => round.bookedPerSecond)
  const sideOf = (name: BaselineName) => sides.findIndex(({ contender }) => contender.name === name)
  const isOfSix = ({ name }: Contender) => /[1-6]/.test(baselines[name as BaselineName]?.number ?? '')
  const six = sides.flatMap(({ contender }, side) => (isOfSix(contender) ? [side] : []))
  const best = six.reduce((a, b) => (spreadOf(rates(b)).median > spreadOf(rates(a)).median ? b : a))
  const part = (name: string, reached: Spread, atLeast: number, unit = '×') => ({
    name: `${where}${name}`,
    reached,
    unit,
    isReached: reached.median >= atLeast,
  })
  const over = (side: number) => ratiosOf(rates(0), rates(side))
  return [
    {
      row: 1,
      title: 'bookings/s ÷ the best of baselines 1–6',
      target: '≥ 3',
      parts: [part(` (best: ${sides[best]?.contender.label})`, over(best), 3)],
    },
    {
      row: 2,
      title: 'bookings/s ÷ baseline 7 · ÷ baseline 8',
      target: '≥ 1.8 · ≥ 3.5',
      parts: [part(' ÷ 7', over(sideOf('database-function')), 1.8), part(' ÷ 8', over(sideOf('single-claims')), 3.5)],
    },
    {
      row: 3,
      title: 'durable bookings/s on two cores, load generator included',
      target: '≥ 10,000',
      parts: [part('', spreadOf(rates(0)), 10_000, '/s')],
    },
  ]
}
