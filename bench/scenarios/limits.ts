import { bookings, type Calendar } from '../contenders/contender.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

const unreached = '1000000'

/** Every request comes from another address and patient, so that nobody is near a limit: what remains is counting. */
export const limits: Scenario = {
  name: 'limits',
  title: 'Bookings with the limits on, and off',
  inSmoke: true,
  async run(bench) {
    const off = await bench.startOurs('limits_off', { HOLDFAST_TRUSTED_PROXIES: '1' })
    const on = await bench.startOurs('limits_on', {
      HOLDFAST_RATE_LIMIT: 'on',
      HOLDFAST_TRUSTED_PROXIES: '1',
      HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE: unreached,
      HOLDFAST_LIMIT_BOOKINGS_PER_ADDRESS: unreached,
    })
    try {
      const { warmupMs, roundMs, connections, isSmoke } = bench.pace
      const rounds = await alternate([on, off], isSmoke ? 1 : bench.pace.rounds + 4, (ours, seed) =>
        runRound(bench, ours, {
          shape: { doctors: 1, slotsPerDoctor: 30, units: 1_000_000 },
          load: { kind: 'closed', warmupMs, durationMs: roundMs },
          connections,
          seed,
          parts: (calendar: Calendar) => [bookings(ours, calendar, { isFromElsewhere: true })],
        }),
      )
      const [limited = [], free = []] = rounds.map((sideRounds) => sideRounds.map((round) => round.bookedPerSecond))
      const reached = ratiosOf(limited, free)
      const part = { name: 'on ÷ off', reached, unit: '×', isReached: reached.median >= 0.5 }
      return {
        measured: [
          { name: 'limits on', values: { 'bookings/s': spreadOf(limited) } },
          { name: 'limits off', values: { 'bookings/s': spreadOf(free) } },
        ],
        figures: [{ row: 18, title: 'a booking with the limits on ÷ off', target: '≥ 0.5', parts: [part] }],
        faults: rounds.flat().flatMap((round) => round.faults),
        notes: [],
      }
    } finally {
      await Promise.all([on.stop(), off.stop()])
    }
  },
}
