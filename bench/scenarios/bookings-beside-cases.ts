import { setTimeout as delay } from 'node:timers/promises'
import type { OurServer } from '../contenders/our-server.ts'
import { ourTheatre } from '../contenders/our-theatre.ts'
import { seededRandom } from '../load/random.ts'
import { randomCase } from '../load/random-case.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { type Round, runRound } from './round.ts'
import type { Bench, Scenario } from './scenario.ts'

/** More than the largest hospitals book in an hour at a desk. */
const casesPerSecond = 10

/** Appointments as fast as they come, alone and while cases are claimed in the same database by another process. */
export const bookingsBesideCases: Scenario = {
  name: 'bookings-beside-cases',
  title: `Appointments, while ${casesPerSecond} cases/s are claimed and while none are`,
  inSmoke: true,
  async run(bench) {
    const ours = await bench.ours()
    const kinds = [true, false]
    const rounds = await alternate(kinds, bench.pace.isSmoke ? 1 : bench.pace.rounds + 4, (beside, seed) =>
      beside ? roundBesideCases(bench, ours, seed) : roundAlone(bench, ours, seed),
    )
    const [beside = [], alone = []] = rounds
    const rates = (of: BesideRound[]) => of.map(({ round }) => round.bookedPerSecond)
    const reached = ratiosOf(rates(beside), rates(alone))
    const part = { name: 'beside ÷ alone', reached, unit: '×', isReached: reached.median >= 0.9 }
    return {
      measured: [
        { name: 'alone', values: { 'bookings/s': spreadOf(rates(alone)), 'cases/s': 0 } },
        {
          name: 'beside cases',
          values: {
            'bookings/s': spreadOf(rates(beside)),
            'cases/s': spreadOf(beside.map((one) => one.casesPerSecond)).median,
          },
        },
      ],
      figures: [
        { row: 22, title: 'appointments booked/s while cases are claimed ÷ alone', target: '≥ 0.9', parts: [part] },
      ],
      faults: rounds.flat().flatMap(({ round, faults }) => [...round.faults, ...faults]),
      notes: ['Cases: an open loop, from the process of the load.'],
    }
  },
}

type BesideRound = { round: Round; casesPerSecond: number; faults: string[] }

async function roundAlone(bench: Bench, ours: OurServer, seed: number): Promise<BesideRound> {
  return { round: await bookingRound(bench, ours, seed), casesPerSecond: 0, faults: [] }
}

async function roundBesideCases(bench: Bench, ours: OurServer, seed: number): Promise<BesideRound> {
  const theatre = await ourTheatre(ours.databaseUrl)
  try {
    const startedAt = performance.now()
    let isOver = false
    const claims: Promise<unknown>[] = []
    const claimAll = async () => {
      const random = seededRandom(seed)
      while (!isOver) {
        claims.push(theatre.claim(randomCase(random)))
        await delay(Math.max(0, startedAt + (claims.length * 1_000) / casesPerSecond - performance.now()))
      }
    }
    const claiming = claimAll()
    const round = await bookingRound(bench, ours, seed)
    isOver = true
    await claiming
    await Promise.all(claims)
    const { faults } = await theatre.recount()
    return { round, casesPerSecond: claims.length / ((performance.now() - startedAt) / 1_000), faults }
  } finally {
    await theatre.end()
  }
}

function bookingRound(bench: Bench, ours: OurServer, seed: number): Promise<Round> {
  const { warmupMs, roundMs, connections } = bench.pace
  return runRound(bench, ours, {
    shape: { doctors: 10, slotsPerDoctor: 30, units: 1_000_000 },
    load: { kind: 'closed', warmupMs, durationMs: roundMs },
    connections,
    seed,
  })
}
