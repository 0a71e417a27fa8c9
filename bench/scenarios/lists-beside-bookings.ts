import { setTimeout as delay } from 'node:timers/promises'
import type { Calendar } from '../contenders/contender.ts'
import { startLiveProbe } from '../contenders/live-probe.ts'
import { type LoadGenerator, startLoadGenerator } from '../contenders/load-generator.ts'
import type { OurServer } from '../contenders/our-server.ts'
import type { LoadResult } from '../load/load-job.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { listPath, listsOf } from './reads.ts'
import { faultsOf, loadJob } from './round.ts'
import type { Bench, Scenario } from './scenario.ts'

const bookingsPerSecond = 1_000
const shape = { doctors: 100, slotsPerDoctor: 30, units: 3_000_000 }
const bookingConnections = 200
const readingConnections = 64
const giveUpMs = 5_000
/** The time until the server has read from the log that a calendar was created. */
const logReadMs = 1_000

/** Slot lists of 100 doctors as fast as they come, alone and while 1,000 bookings a second change them. */
export const listsBesideBookings: Scenario = {
  name: 'lists-beside-bookings',
  title: 'Slot lists of 100 doctors, while 1,000 bookings/s are made and while none are',
  inSmoke: true,
  async run(bench) {
    await bench.countStatements('lists')
    const ours = await bench.startOurs('lists')
    await ours.calendars.pool.query('create extension if not exists pg_stat_statements')
    const booker = startLoadGenerator()
    const rounds: Record<'alone' | 'beside', ListsRound[]> = { alone: [], beside: [] }
    try {
      for (let seed = 0; seed < (bench.pace.isSmoke ? 1 : bench.pace.rounds); seed += 1) {
        for (const which of seed % 2 === 0 ? (['alone', 'beside'] as const) : (['beside', 'alone'] as const)) {
          rounds[which].push(await roundOf(bench, ours, which === 'beside' ? booker : null, seed))
        }
      }
      return resultOf(rounds, await watchedQueries(bench, ours, booker))
    } finally {
      await booker.stop()
      await ours.stop()
    }
  },
}

type ListsRound = {
  lists: LoadResult
  listsPerSecond: number
  bookedPerSecond: number
  queriesPerBooking: number
  faults: string[]
}

async function roundOf(bench: Bench, ours: OurServer, booker: LoadGenerator | null, seed: number): Promise<ListsRound> {
  const calendar = await ours.makeCalendar(shape)
  await delay(logReadMs)
  return readRound(bench, ours, booker, calendar, seed)
}

/** Closed loop of lists; the bookings begin before its window and end after it. */
async function readRound(
  bench: Bench,
  ours: OurServer,
  booker: LoadGenerator | null,
  calendar: Calendar,
  seed: number,
): Promise<ListsRound> {
  const { roundMs } = bench.pace
  const warmupMs = bench.pace.warmupMs * 2
  await ours.calendars.pool.query('select pg_stat_statements_reset()')
  const booked = booker?.run(
    loadJob(
      bench,
      ours,
      {
        load: { kind: 'open', warmupMs, durationMs: roundMs, ratePerSecond: bookingsPerSecond, giveUpMs },
        connections: bookingConnections,
        seed,
      },
      calendar,
    ),
  )
  const load = { kind: 'closed', warmupMs, durationMs: roundMs } as const
  const parts = () => [listsOf(calendar.doctorIds.map(listPath))]
  const lists = await bench.generator.run(
    loadJob(bench, ours, { load, connections: readingConnections, seed, parts }, calendar),
  )
  const bookings = await booked
  const queries = await queriesForLists(ours)
  const faults = lists.wrongCount > 0 ? [`lists: ${lists.wrong[0]}`] : []
  const [booking] = bookings?.parts ?? []
  if (bookings !== undefined && booking !== undefined) {
    faults.push(...faultsOf(ours, bookings, booking, await ours.recount(calendar)))
  }
  return {
    lists,
    listsPerSecond: (lists.parts[0]?.windowOutcomes.ok ?? 0) / lists.seconds,
    bookedPerSecond: (booking?.windowOutcomes.booked ?? 0) / (bookings?.seconds ?? 1),
    queriesPerBooking: queries / Math.max(1, booking?.outcomes.booked ?? 0),
    faults,
  }
}

/** A round in which each doctor has ten subscribers, too. */
async function watchedQueries(bench: Bench, ours: OurServer, booker: LoadGenerator): Promise<ListsRound> {
  const calendar = await ours.makeCalendar(shape)
  const sockets = shape.doctors * (bench.pace.isSmoke ? 1 : 10)
  const probe = startLiveProbe()
  try {
    await probe.request({ kind: 'subscribe', target: ours.target, doctorIds: calendar.doctorIds, sockets }, 'done')
    await delay(logReadMs)
    const round = await readRound(bench, ours, booker, calendar, 1)
    const { messages } = await probe.request({ kind: 'count' }, 'count')
    if (messages === 0) round.faults.push('lists: no subscriber received a message')
    await probe.request({ kind: 'close' }, 'done')
    return round
  } finally {
    await probe.stop()
  }
}

/** The statements that read slots: not those of the bookings, nor the tail's. */
async function queriesForLists({ calendars }: OurServer): Promise<number> {
  const { rows } = await calendars.pool.query<{ calls: number }>(
    `select coalesce(sum(calls), 0)::integer as calls from pg_stat_statements s join pg_database d on d.oid = s.dbid
      where d.datname = current_database() and query ~ 'holdfast\\.(slot|resource|clinic)\\M'
        and query !~ 'directory_change'`,
  )
  return rows[0]?.calls ?? 0
}

function resultOf(
  { alone, beside }: Record<'alone' | 'beside', ListsRound[]>,
  watched: ListsRound,
): Awaited<ReturnType<Scenario['run']>> {
  const rates = (rounds: ListsRound[]) => rounds.map(({ listsPerSecond }) => listsPerSecond)
  const ratio = ratiosOf(rates(beside), rates(alone))
  const cpu = ({ lists }: ListsRound) =>
    ((lists.cpuSeconds.server ?? 0) * 1e6) / (lists.parts[0]?.windowOutcomes.ok ?? 1)
  const measured = [
    ['alone', alone],
    ['beside 1,000 bookings/s', beside],
    ['the same, ten subscribers a doctor', [watched]],
  ] as const
  return {
    measured: measured.map(([name, rounds]) => ({
      name,
      values: {
        'lists/s': spreadOf(rates([...rounds])),
        'p99 ms': spreadOf(rounds.map(({ lists }) => lists.parts[0]?.latencies.ok?.p99 ?? 0)).median,
        'server µs per list': spreadOf(rounds.map(cpu)).median,
        'bookings/s': spreadOf(rounds.map(({ bookedPerSecond }) => bookedPerSecond)).median,
        'queries per booking': spreadOf(rounds.map(({ queriesPerBooking }) => queriesPerBooking)).median,
      },
    })),
    figures: [
      {
        row: 15,
        title: 'slot lists/s while 1,000 bookings/s are made ÷ while none are',
        target: '≥ 0.55',
        parts: [{ name: 'beside ÷ alone', reached: ratio, unit: '×', isReached: ratio.median >= 0.55 }],
      },
      {
        row: 16,
        title: 'queries per booking for lists and subscribers together, 100 doctors listed and watched',
        target: '≤ 0.1',
        parts: [
          {
            name: 'queries ÷ bookings',
            reached: spreadOf([watched.queriesPerBooking]),
            unit: '',
            isReached: watched.queriesPerBooking <= 0.1,
          },
        ],
      },
    ],
    faults: [...alone, ...beside, watched].flatMap(({ faults }) => faults),
    notes: ['Lists: closed loop of 64 connections. Bookings: open loop, from a second generator.'],
  }
}
