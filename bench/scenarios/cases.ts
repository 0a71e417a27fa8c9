import { fiveTableCases } from '../baselines/five-table-cases.ts'
import { ourTheatre } from '../contenders/our-theatre.ts'
import type { CaseOutcome, TheatreContender } from '../contenders/theatre-contender.ts'
import { seededRandom } from '../load/random.ts'
import { randomCase } from '../load/random-case.ts'
import { ratiosOf, type Spread, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import type { Bench, Figure, Measured, Scenario } from './scenario.ts'

const clientCounts = [8, 64]
const poolSizesTried = [4, 8, 16]
const perSecondMin = 500
/** Each deadlock of the baseline stops its claims for a second: in a shorter round its rate is a matter of luck. */
const roundMs = 10_000

/** Cases of operating theatres: a room, a surgeon, a patient, numbered equipment and minutes of a block, or nothing. */
export const cases: Scenario = {
  name: 'cases',
  title: 'Claims of cases: 10 rooms, 20 surgeons, 30 units of equipment, 300 days',
  inSmoke: true,
  async run(bench) {
    const ours = await bench.ours()
    const baselineUrl = await bench.cluster.createDatabase('bench_five_table_cases')
    const measured: Measured[] = []
    const parts: Record<'ratio' | 'rate', Figure['parts']> = { ratio: [], rate: [] }
    const faults: string[] = []
    for (const clients of bench.pace.isSmoke ? clientCounts.slice(0, 1) : clientCounts) {
      const poolSize = await bestPoolSize(bench, baselineUrl, clients)
      const baseline = (connections: number): Side => ({
        open: () => fiveTableCases(baselineUrl, connections),
        clients,
        connections,
      })
      const compared: Side[] = [
        { open: () => ourTheatre(ours.databaseUrl), clients, connections: null },
        baseline(poolSize),
        baseline(clients),
      ]
      const rounds = await alternate(compared, bench.pace.isSmoke ? 1 : bench.pace.rounds, (side, seed) =>
        claimRound(bench, side, seed),
      )
      const rates = rounds.map((sideRounds) => sideRounds.map(({ perSecond }) => perSecond))
      const [ofOurs = [], ...ofBaselines] = rates
      const rate = spreadOf(ofOurs)
      for (const [index, ofBaseline] of ofBaselines.entries()) {
        const ratio = ratiosOf(ofOurs, ofBaseline)
        const name = `${clients} clients ÷ theirs on ${compared[index + 1]?.connections} connections`
        parts.ratio.push(partOf(name, ratio, '×', ratio.median >= 3))
      }
      parts.rate.push(partOf(`${clients} clients`, rate, '/s', rate.median >= perSecondMin))
      measured.push(...rounds.map((sideRounds, index) => measuredOf(sideRounds, compared[index])))
      faults.push(...rounds.flat().flatMap((round) => round.faults))
    }
    return {
      measured,
      figures: [
        { row: 20, title: 'claims of cases/s ÷ five tables without ordered locks', target: '≥ 3', parts: parts.ratio },
        { row: 21, title: 'claims of cases/s on two cores, clients included', target: '≥ 500', parts: parts.rate },
      ],
      faults,
      notes: ['Closed loop, in this process, of claims at random; each round begins with an empty theatre.'],
    }
  },
}

type Side = { open: () => Promise<TheatreContender>; clients: number; connections: number | null }

type ClaimRound = {
  label: string
  perSecond: number
  bookedShare: number
  p50Ms: number
  p99Ms: number
  deadlocks: number
  faults: string[]
}

function partOf(name: string, reached: Spread, unit: string, isReached: boolean): Figure['parts'][number] {
  return { name, reached, unit, isReached }
}

/** The number of connections with which the baseline is fastest. */
async function bestPoolSize({ pace }: Bench, url: string, clients: number): Promise<number> {
  if (pace.isSmoke) return 8
  let best = { size: 8, rate: -1 }
  for (const size of poolSizesTried) {
    const side = { open: () => fiveTableCases(url, size), clients, connections: size }
    const { perSecond } = await claimsIn({ ...pace, warmupMs: 200, roundMs: 3_000 }, side, size)
    if (perSecond > best.rate) best = { size, rate: perSecond }
  }
  return best.size
}

async function claimRound({ pace, say }: Bench, side: Side, seed: number): Promise<ClaimRound> {
  const round = await claimsIn(pace.isSmoke ? pace : { ...pace, roundMs }, side, 100 + seed)
  const { label, perSecond, bookedShare, deadlocks } = round
  const share = Math.round(bookedShare * 100)
  const rate = `${Math.round(perSecond)}/s, ${share} % booked, ${deadlocks} deadlocks`
  const on = side.connections === null ? '' : ` on ${side.connections} connections`
  say(`  ${label}, ${side.clients} clients${on}: ${rate}`)
  return round
}

async function claimsIn(pace: Bench['pace'], { open, clients }: Side, seed: number): Promise<ClaimRound> {
  const contender = await open()
  const round = await claimsOf(contender, pace, clients, seed).catch(async (error: unknown) => {
    await contender.end()
    throw error
  })
  return { ...round, ...(await contender.end()) }
}

async function claimsOf(
  contender: TheatreContender,
  { warmupMs, roundMs }: Bench['pace'],
  clients: number,
  seed: number,
): Promise<Omit<ClaimRound, 'deadlocks'>> {
  const startedAt = performance.now()
  const outcomes: Record<CaseOutcome, number> = { booked: 0, refused: 0 }
  const latencies: number[] = []
  let bookedInAll = 0
  const client = async (index: number) => {
    const random = seededRandom(seed * 1_000 + index)
    for (;;) {
      const beganAt = performance.now()
      if (beganAt - startedAt >= warmupMs + roundMs) return
      const outcome = await contender.claim(randomCase(random))
      if (outcome === 'booked') bookedInAll += 1
      const endedAt = performance.now()
      if (beganAt - startedAt < warmupMs || endedAt - startedAt >= warmupMs + roundMs) continue
      outcomes[outcome] += 1
      latencies.push(endedAt - beganAt)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))
  const recount = await contender.recount()
  const faults = recount.faults.map((fault) => `${contender.label}: ${fault}`)
  if (recount.cases !== bookedInAll)
    faults.push(`${contender.label}: ${bookedInAll} cases were booked, ${recount.cases} are stored`)
  const count = outcomes.booked + outcomes.refused
  latencies.sort((a, b) => a - b)
  return {
    label: contender.label,
    perSecond: count / (roundMs / 1_000),
    bookedShare: outcomes.booked / Math.max(1, count),
    p50Ms: latencies[Math.floor(latencies.length / 2)] ?? 0,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    faults,
  }
}

function measuredOf(rounds: ClaimRound[], side: Side | undefined): Measured {
  const median = (read: (round: ClaimRound) => number) => spreadOf(rounds.map(read)).median
  return {
    name: `${rounds[0]?.label}, ${side?.clients} clients`,
    values: {
      'claims/s': spreadOf(rounds.map(({ perSecond }) => perSecond)),
      'booked %': median(({ bookedShare }) => bookedShare * 100),
      'p50 ms': median(({ p50Ms }) => p50Ms),
      'p99 ms': median(({ p99Ms }) => p99Ms),
      deadlocks: median(({ deadlocks }) => deadlocks),
      connections: side?.connections ?? '–',
    },
  }
}
