import { loadHistory } from '../contenders/history.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

const fewBookings = 10_000

/** Two servers in alternation, one with few bookings in its database and one with many. */
export const growth: Scenario = {
  name: 'growth',
  title: 'Bookings already in the table',
  inSmoke: false,
  async run(bench) {
    const many = bench.growthBookings
    const sides = []
    try {
      for (const [name, bookings] of [
        ['growth_old', many],
        ['growth_young', fewBookings],
      ] as const) {
        const server = await bench.startOurs(name)
        sides.push({ server, bookings, history: null as Awaited<ReturnType<typeof loadHistory>> | null })
      }
      for (const side of sides) side.history = await loadHistory(side.server.calendars, side.bookings, bench.say)
      const { warmupMs, roundMs, connections } = bench.pace
      const shape = { doctors: 100, slotsPerDoctor: 100, units: 1_000_000 }
      const load = { kind: 'closed', warmupMs: warmupMs * 2, durationMs: roundMs } as const
      const rounds = await alternate(sides, bench.pace.rounds, ({ server }, seed) =>
        runRound(bench, server, { shape, load, connections, seed }),
      )
      const faults = rounds.flat().flatMap((round) => round.faults)
      for (const { server, history } of sides) {
        if (history !== null) faults.push(...(await server.recount(history)).faults)
      }
      const [old = [], young = []] = rounds.map((sideRounds) => sideRounds.map((round) => round.bookedPerSecond))
      const reached = ratiosOf(old, young)
      const part = { name: `${many} ÷ ${fewBookings}`, reached, unit: '×', isReached: reached.median >= 0.9 }
      const note = many < 10_000_000 ? { note: `with ${many} bookings in this run; \`--growth=10000000\` for all` } : {}
      return {
        measured: [
          { name: `${fewBookings} bookings before`, values: { 'bookings/s': spreadOf(young) } },
          { name: `${many} bookings before`, values: { 'bookings/s': spreadOf(old) } },
        ],
        figures: [{ row: 12, title: 'bookings/s at 10⁷ bookings ÷ at 10⁴', target: '≥ 0.9', parts: [part], ...note }],
        faults,
        notes: [],
      }
    } finally {
      for (const { server } of sides) await server.stop()
    }
  },
}
