import { type LiveProbe, startLiveProbe } from '../contenders/live-probe.ts'
import type { OurServer } from '../contenders/our-server.ts'
import type { Delays } from '../live/probe-message.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { runRound } from './round.ts'
import type { Bench, Scenario } from './scenario.ts'

const doctors = 100
const slotsPerDoctor = 100
const bookingsPerSecond = 100

/** A thousand subscribers to a hundred calendars: how soon they are notified, and what that costs bookings. */
export const live: Scenario = {
  name: 'live',
  title: 'Live updates: 1,000 subscribers, and none',
  inSmoke: true,
  async run(bench) {
    const sockets = bench.pace.isSmoke ? 100 : 1_000
    const ours = await bench.ours()
    const probe = startLiveProbe()
    const faults: string[] = []
    const delays: Delays[] = []
    const rates = { watched: [] as number[], alone: [] as number[] }
    let messages = 0
    try {
      for (let round = 0; round < Math.min(3, bench.pace.rounds); round += 1) {
        const measured = await delaysOf(bench, ours, probe, sockets)
        delays.push(measured)
        if (measured.undelivered > 0) faults.push(`live: ${measured.undelivered} bookings were never delivered`)
      }
      for (let round = 0; round < (bench.pace.isSmoke ? 1 : bench.pace.rounds + 4); round += 1) {
        // The second is a little faster.
        for (const isWatched of round % 2 === 0 ? [true, false] : [false, true]) {
          const result = await loadedRound(bench, ours, isWatched ? { probe, sockets } : null, round)
          faults.push(...result.faults)
          messages += result.messages
          rates[isWatched ? 'watched' : 'alone'].push(result.bookedPerSecond)
        }
      }
    } finally {
      await probe.stop()
    }
    if (messages === 0) faults.push('live: no subscriber received a message under load')
    return resultOf(delays, rates, messages, faults)
  },
}

async function delaysOf(bench: Bench, ours: OurServer, probe: LiveProbe, sockets: number): Promise<Delays> {
  const calendar = await ours.makeCalendar({ doctors, slotsPerDoctor, units: doctors * slotsPerDoctor })
  await probe.request({ kind: 'subscribe', target: ours.target, doctorIds: calendar.doctorIds, sockets }, 'done')
  // A different doctor each time: messages about one doctor are limited to ten per second, and would wait.
  const count = bookingsPerSecond * (bench.pace.isSmoke ? 1 : 8)
  const slotIds = Array.from({ length: count }, (_, n) => {
    const doctor = n % doctors
    return calendar.slotIds[doctor * slotsPerDoctor + Math.floor(n / doctors)] ?? ''
  })
  const measure = { kind: 'measure', target: ours.target, slotIds, ratePerSecond: bookingsPerSecond } as const
  const { delays } = await probe.request(measure, 'delays')
  await probe.request({ kind: 'close' }, 'done')
  return delays
}

type Watched = { probe: LiveProbe; sockets: number }

async function loadedRound(bench: Bench, ours: OurServer, watched: Watched | null, seed: number) {
  const { warmupMs, roundMs, connections } = bench.pace
  const shape = { doctors, slotsPerDoctor, units: 1_000_000 }
  const load = { kind: 'closed', warmupMs, durationMs: roundMs } as const
  const watchedServer: OurServer = {
    ...ours,
    async makeCalendar(wanted) {
      const calendar = await ours.makeCalendar(wanted)
      const { doctorIds } = calendar
      if (watched !== null) {
        const { probe, sockets } = watched
        await probe.request({ kind: 'subscribe', target: ours.target, doctorIds, sockets }, 'done')
      }
      return calendar
    },
  }
  const round = await runRound(bench, watchedServer, { shape, load, connections, seed })
  if (watched === null) return { ...round, messages: 0 }
  const { messages, closed } = await watched.probe.request({ kind: 'count' }, 'count')
  await watched.probe.request({ kind: 'close' }, 'done')
  const faults = closed > 0 ? [...round.faults, `live: ${closed} subscribers were disconnected`] : round.faults
  return { ...round, faults, messages }
}

function resultOf(
  delays: Delays[],
  { watched, alone }: Record<'watched' | 'alone', number[]>,
  messages: number,
  faults: string[],
): Awaited<ReturnType<Scenario['run']>> {
  const delivered = delays.map((one) => one.delivered.p99)
  const committed = delays.map((one) => one.committed.p99)
  const delayRatio = ratiosOf(delivered, committed)
  const rateRatio = ratiosOf(watched, alone)
  return {
    measured: [
      {
        name: 'light bookings',
        values: {
          'commit p50 ms': spreadOf(delays.map((one) => one.committed.p50)),
          'commit p99 ms': spreadOf(committed),
          'delivery p50 ms': spreadOf(delays.map((one) => one.delivered.p50)),
          'delivery p99 ms': spreadOf(delivered),
        },
      },
      { name: 'full load, watched', values: { 'bookings/s': spreadOf(watched), messages } },
      { name: 'full load, not watched', values: { 'bookings/s': spreadOf(alone) } },
    ],
    figures: [
      {
        row: 13,
        title: 'commit → subscriber, p99 ÷ commit latency p99, 1,000 subscribers',
        target: '≤ 2',
        parts: [{ name: 'p99 ÷ p99', reached: delayRatio, unit: '×', isReached: delayRatio.median <= 2 }],
      },
      {
        row: 14,
        title: 'bookings/s with 1,000 live subscribers ÷ without',
        target: '≥ 0.9',
        parts: [{ name: 'watched ÷ not', reached: rateRatio, unit: '×', isReached: rateRatio.median >= 0.9 }],
      },
    ],
    faults,
    notes: [
      `Open loop, ${bookingsPerSecond} bookings/s. Commit: the whole request. Delivery: from response to message.`,
    ],
  }
}
