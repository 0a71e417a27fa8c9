import { bookings, type Calendar } from '../contenders/contender.ts'
import { firstSlotStart } from '../contenders/our-calendar.ts'
import type { OurServer } from '../contenders/our-server.ts'
import type { LoadResult, RequestPart } from '../load/load-job.ts'
import { spreadOf } from '../measure/spread.ts'
import { runRound } from './round.ts'
import type { Figure, Measured, Scenario } from './scenario.ts'

const perSecond = { book: 100, 'slot lists': 500, 'doctor lists': 50 }
const giveUpMs = 1_000
/**
 * The time until every list has been read once and its code is compiled: a server that has just started is not
 * measured.
 */
const warmupMs = 4_000

/** 100 bookings/s, 500 slot lists/s and 50 doctor lists/s: more than one of the replaced systems promises. */
export const mix: Scenario = {
  name: 'mix',
  title: 'A mix of reads and bookings, at 1, 10 and 50 times its rate',
  inSmoke: true,
  async run(bench) {
    const ours = await bench.ours()
    const measured: Measured[] = []
    const figures: Figure[] = []
    const faults: string[] = []
    for (const times of bench.pace.isSmoke ? [1] : [1, 10, 50]) {
      const ratePerSecond = Object.values(perSecond).reduce((sum, rate) => sum + rate, 0) * times
      const round = await runRound(bench, ours, {
        shape: { doctors: 100, slotsPerDoctor: 30, units: 3_000_000 },
        load: {
          kind: 'open',
          warmupMs: bench.pace.isSmoke ? bench.pace.warmupMs : warmupMs,
          durationMs: bench.pace.roundMs * 2,
          ratePerSecond,
          giveUpMs,
        },
        connections: Math.min(2_000, 100 * times),
        seed: times,
        parts: (calendar) => partsOf(ours, calendar),
      })
      faults.push(...round.faults)
      measured.push(...measuredOf(times, round.load))
      if (times === 10) figures.push(figureOf(ratePerSecond, round.load))
    }
    return {
      measured,
      figures,
      faults,
      notes: ['Open loop: latency counts from the intended arrival.'],
    }
  },
}

function partsOf(ours: OurServer, calendar: Calendar): RequestPart[] {
  const day = new Date(firstSlotStart()).toISOString().slice(0, 10)
  return [
    bookings(ours, calendar, { weight: perSecond.book, expected: ['booked', 'overloaded'] }),
    {
      kind: 'get',
      name: 'slot lists',
      weight: perSecond['slot lists'],
      paths: calendar.doctorIds.map((id) => `/api/v1/doctors/${id}/slots?from=${day}&to=${day}`),
      startsWith: '{"items":[{"id":"',
    },
    {
      kind: 'get',
      name: 'doctor lists',
      weight: perSecond['doctor lists'],
      paths: [`/api/v1/doctors?clinicId=${calendar.clinic?.id}&limit=20`],
      startsWith: '{"items":[{"id":"',
    },
  ]
}

function measuredOf(times: number, { parts, seconds }: LoadResult): Measured[] {
  return parts.map(({ name, windowOutcomes, latencies }) => {
    const good = goodOutcome(name)
    const { p50 = 0, p99 = 0 } = latencies[good] ?? {}
    return {
      name: `${times}× ${name}`,
      values: {
        'requested/s': perSecond[name as keyof typeof perSecond] * times,
        'served/s': Math.round((windowOutcomes[good] ?? 0) / seconds),
        'refused 503/s': Math.round((windowOutcomes.overloaded ?? 0) / seconds),
        'gave up/s': Math.round((windowOutcomes.gave_up ?? 0) / seconds),
        'p50 ms': p50,
        'p99 ms': p99,
      },
    }
  })
}

function figureOf(ratePerSecond: number, { parts, seconds }: LoadResult): Figure {
  const good = parts.map(({ name, windowOutcomes, latencies }) => {
    const outcome = goodOutcome(name)
    return { count: windowOutcomes[outcome] ?? 0, p99: latencies[outcome]?.p99 ?? 0 }
  })
  const served = good.reduce((sum, { count }) => sum + count, 0) / (ratePerSecond * seconds)
  const p99 = Math.max(...good.map((part) => part.p99))
  return {
    row: 17,
    title: 'the mix at 10 times its rate (6,500 requests/s): served ÷ requested · p99 of the slowest part',
    target: '≥ 0.98 · < 500 ms',
    parts: [
      { name: 'served ÷ requested', reached: spreadOf([served]), unit: '×', isReached: served >= 0.98 },
      { name: 'p99', reached: spreadOf([p99]), unit: ' ms', isReached: p99 < 500 },
    ],
    note: 'bound for a machine that serves 15,000 cached lists/s',
  }
}

function goodOutcome(name: string): string {
  return name === 'book' ? 'booked' : 'ok'
}
