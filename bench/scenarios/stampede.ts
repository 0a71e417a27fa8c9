import { type BaselineName, startBaseline } from '../contenders/baseline-server.ts'
import { bookings, type Calendar, type Contender } from '../contenders/contender.ts'
import { spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { type Round, runRound } from './round.ts'
import type { Bench, Measured, Scenario } from './scenario.ts'

const requestCount = 1_000
const controlTries = 5
const names: BaselineName[] = [
  'five-statements',
  'serializable-nowait',
  'optimistic-version',
  'unique-slot',
  'slot-locks',
  'redis-lock',
  'database-function',
  'single-claims',
]

/** A thousand requests for one unit. A contender that books it twice, or never, makes the run fail. */
export const stampede: Scenario = {
  name: 'stampede',
  title: 'A stampede of 1,000 on the last unit: one is booked, all others are refused',
  inSmoke: true,
  async run(bench) {
    const all: Contender[] = [await bench.ours()]
    for (const name of names) all.push(await bench.baseline(name))
    const rounds = await alternate(all, bench.pace.rounds, (contender, round) => stampedeOn(bench, contender, round))
    const faults = rounds.flat().flatMap((round) => round.faults)
    faults.push(...(await negativeControl(bench)))
    return { measured: all.map((one, index) => measuredOf(one, rounds[index] ?? [])), figures: [], faults, notes: [] }
  },
}

async function stampedeOn(bench: Bench, contender: Contender, round: number): Promise<Round> {
  const requests = bench.pace.isSmoke ? requestCount / 4 : requestCount
  const result = await runRound(bench, contender, {
    shape: { doctors: 1, slotsPerDoctor: 1, units: 1 },
    load: { kind: 'burst', requests },
    connections: bench.pace.connections,
    seed: round,
    parts: (calendar) => [onlySlot(contender, calendar)],
  })
  const { outcomes } = result.booking
  const completed = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
  const faults = [...result.faults]
  if (outcomes.booked !== 1) faults.push(`${contender.label}: ${outcomes.booked ?? 0} of ${requests} got the last unit`)
  if (completed !== requests) faults.push(`${contender.label}: ${completed} responses to ${requests} requests`)
  return { ...result, faults }
}

function onlySlot(contender: Contender, calendar: Calendar) {
  const expected = ['booked', 'slot_full', ...contender.possibleRefusals]
  return bookings(contender, calendar, { order: 'random', expected })
}

/** A server without locks must be found to overbook; otherwise the check proves nothing. */
async function negativeControl(bench: Bench): Promise<string[]> {
  const url = await bench.cluster.createDatabase(`bench_no_lock_${Date.now()}`)
  const control = await startBaseline('no-lock', url, '')
  try {
    for (let tries = 0; tries < controlTries; tries += 1) {
      const { faults } = await stampedeOn(bench, control, tries)
      if (faults.some((fault) => fault.includes('overbooked'))) {
        bench.say('  The negative control, which locks nothing, was found to overbook.')
        return []
      }
    }
    return [`The server without locks was not found to overbook in ${controlTries} stampedes: the check does not work.`]
  } finally {
    await control.stop()
  }
}

function measuredOf({ label }: Contender, rounds: Round[]): Measured {
  const per = (of: (round: Round) => number) => spreadOf(rounds.map(of))
  return {
    name: label,
    values: {
      'all done after ms': per((round) => round.load.seconds * 1000),
      'the booking, ms': per((round) => round.booking.latencies.booked?.max ?? 0).median,
      'refused p99 ms': per((round) => round.booking.latencies.slot_full?.p99 ?? 0).median,
    },
  }
}
