import { bookings, type Calendar } from '../contenders/contender.ts'
import type { OurServer } from '../contenders/our-server.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { loadJob, runRound } from './round.ts'
import type { Bench, Scenario } from './scenario.ts'

/** The server's background work needs a few. */
const transactionsMax = 100

/** A refusal must be cheaper than a booking, and write nothing to the table. */
export const refusals: Scenario = {
  name: 'refusals',
  title: 'A full slot that everybody still requests',
  inSmoke: true,
  async run(bench) {
    const ours = await bench.ours()
    const { isSmoke, warmupMs, roundMs, connections } = bench.pace
    const rounds = isSmoke ? 1 : bench.pace.rounds + 4
    const load = { kind: 'closed', warmupMs, durationMs: roundMs } as const
    const booked: number[] = []
    const refused: number[] = []
    const faults: string[] = []
    let transactions = 0
    for (let seed = 0; seed < rounds; seed += 1) {
      const shape = { doctors: 1, slotsPerDoctor: 30, units: 1_000_000 }
      const booking = await runRound(bench, ours, { shape, load, connections, seed })
      booked.push(booking.bookedPerSecond)
      const full = await fullSlot(bench, ours)
      const before = await writesSoFar(ours, full)
      const parts = (calendar: Calendar) => [bookings(ours, calendar, { expected: ['slot_full'] })]
      const result = await bench.generator.run(loadJob(bench, ours, { load, connections, seed, parts }, full))
      const after = await writesSoFar(ours, full)
      refused.push((result.parts[0]?.windowOutcomes.slot_full ?? 0) / result.seconds)
      transactions += after.transactions - before.transactions
      faults.push(...booking.faults, ...(result.wrongCount > 0 ? [`refusals: ${result.wrong[0]}`] : []))
      if (after.row !== before.row)
        faults.push(`refusals: the slot's row was written or locked: ${before.row} → ${after.row}`)
      if (after.transactions - before.transactions > transactionsMax)
        faults.push(`refusals: ${after.transactions - before.transactions} transactions got an id meanwhile`)
    }
    const ratio = ratiosOf(refused, booked)
    const measured = [
      { name: 'booked', values: { 'per second': spreadOf(booked) } },
      {
        name: 'refused',
        values: { 'per second': spreadOf(refused), 'writing transactions in all rounds': transactions },
      },
    ]
    const part = { name: 'refused ÷ booked', reached: ratio, unit: '×', isReached: ratio.median >= 1.5 }
    const title = 'refusals/s of a full slot ÷ bookings/s, without a write to the table'
    return { measured, figures: [{ row: 6, title, target: '≥ 1.5', parts: [part] }], faults, notes: [] }
  },
}

async function fullSlot(bench: Bench, ours: OurServer): Promise<Calendar> {
  const calendar = await ours.makeCalendar({ doctors: 1, slotsPerDoctor: 1, units: 1 })
  const load = { kind: 'burst', requests: 1 } as const
  await bench.generator.run(loadJob(bench, ours, { load, connections: 1, seed: 0 }, calendar))
  return calendar
}

/** The row's position, the transactions that last wrote or locked it, and how many transactions have got an id. */
async function writesSoFar(
  { calendars }: OurServer,
  { slotIds }: Calendar,
): Promise<{ row: string; transactions: number }> {
  const { rows } = await calendars.pool.query<{ row: string; transactions: number }>(
    `select concat_ws(' ', ctid, xmin, xmax) as row,
            pg_snapshot_xmax(pg_current_snapshot())::text::float8 as transactions
       from holdfast.slot where id = $1`,
    [slotIds[0]],
  )
  return rows[0] ?? { row: 'gone', transactions: 0 }
}
