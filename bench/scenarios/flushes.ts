import { setTimeout as delay } from 'node:timers/promises'
import { spreadOf } from '../measure/spread.ts'
import { runRound } from './round.ts'
import type { Bench, Scenario } from './scenario.ts'

/** An idle backend adds its counts to the shared statistics after 10 s at the latest. */
const reportedAfterMs = 10_500

export const flushes: Scenario = {
  name: 'flushes',
  title: 'Flushes of the write-ahead log at full load',
  inSmoke: false,
  async run(bench) {
    const ours = await bench.ours()
    await delay(reportedAfterMs)
    const before = await walFlushes(bench)
    const round = await runRound(bench, ours, {
      shape: { doctors: 1, slotsPerDoctor: 30, units: 1_000_000 },
      load: { kind: 'closed', warmupMs: 0, durationMs: bench.pace.roundMs * 2 },
      connections: bench.pace.connections,
      seed: 1,
    })
    await delay(reportedAfterMs)
    const after = await walFlushes(bench)
    const booked = round.booking.outcomes.booked ?? 0
    const perBooking = (after - before) / booked
    const reached = spreadOf([perBooking])
    const part = { name: 'flushes ÷ bookings', reached, unit: '', isReached: perBooking <= 0.1 }
    const title = 'WAL flushes per booking at full load'
    return {
      measured: [{ name: 'Holdfast', values: { flushes: after - before, bookings: booked } }],
      figures: [{ row: 5, title, target: '≤ 0.1', parts: [part] }],
      faults: round.faults,
      notes: ['Of the whole server, from pg_stat_io: creating and verifying the calendar are included.'],
    }
  },
}

async function walFlushes({ cluster }: Bench): Promise<number> {
  const { rows } = await cluster.pool.query<{ flushes: number }>(
    "select coalesce(sum(fsyncs), 0)::float8 as flushes from pg_stat_io where object = 'wal'",
  )
  return rows[0]?.flushes ?? 0
}
