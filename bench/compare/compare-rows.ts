import { setTimeout as delay } from 'node:timers/promises'
import { bookings, type Contender } from '../contenders/contender.ts'
import type { LiveProbe } from '../contenders/live-probe.ts'
import type { LoadResult, LoadShape, RequestPart } from '../load/load-job.ts'
import { futurePosition, listPath, listsOf } from '../scenarios/reads.ts'
import { loadJob, runRound } from '../scenarios/round.ts'
import type { Bench } from '../scenarios/scenario.ts'

export type Version = { contender: Contender; probe: LiveProbe }

/** The result of one round of one version. The CPU times are per booking or request. */
export type RowRound = { value: number; serverMicros: number; databaseMicros: number; faults: string[] }

export type CompareRow = {
  name: string
  unit: string
  better: 'higher' | 'lower'
  run(bench: Bench, version: Version, seed: number): Promise<RowRound>
}

/** A calendar created beside the server reaches it through the log, and may invalidate its caches until then. */
const logReadMs = 1_000
const watchers = 1_000
const unbounded = 1_000_000
const hotDoctor = { doctors: 1, slotsPerDoctor: 30, units: unbounded }
const spreadSlots = { doctors: 100, slotsPerDoctor: 100, units: unbounded }

/** The rows, one for each path that the benchmark measures. */
export const compareRows: readonly CompareRow[] = [
  { name: 'bookings, one doctor', unit: '/s', better: 'higher', run: (...to) => bookingRound(hotDoctor, ...to) },
  { name: 'bookings, 10,000 slots', unit: '/s', better: 'higher', run: (...to) => bookingRound(spreadSlots, ...to) },
  { name: 'bookings, 1,000 live subscribers', unit: '/s', better: 'higher', run: watchedRound },
  { name: 'refusals of a full slot', unit: '/s', better: 'higher', run: refusalRound },
  { name: 'slot lists, cached', unit: '/s', better: 'higher', run: (...to) => listRound(false, ...to) },
  { name: 'slot lists, not cached', unit: '/s', better: 'higher', run: (...to) => listRound(true, ...to) },
  { name: 'one client, p50 of a booking', unit: ' ms', better: 'lower', run: loneClientRound },
]

const closedLoad = ({ pace }: Bench): LoadShape => ({
  kind: 'closed',
  warmupMs: pace.warmupMs,
  durationMs: pace.roundMs,
})

async function bookingRound(
  shape: typeof hotDoctor,
  bench: Bench,
  { contender }: Version,
  seed: number,
): Promise<RowRound> {
  const { connections } = bench.pace
  const round = await runRound(bench, contender, { shape, load: closedLoad(bench), connections, seed })
  return { ...costs(round.load, 'booked'), value: round.bookedPerSecond, faults: round.faults }
}

async function watchedRound(bench: Bench, { contender, probe }: Version, seed: number): Promise<RowRound> {
  const watched: Contender = {
    ...contender,
    async makeCalendar(shape) {
      const calendar = await contender.makeCalendar(shape)
      const { doctorIds } = calendar
      await probe.request({ kind: 'subscribe', target: contender.target, doctorIds, sockets: watchers }, 'done')
      return calendar
    },
  }
  const round = await bookingRound(spreadSlots, bench, { contender: watched, probe }, seed)
  const { messages, closed } = await probe.request({ kind: 'count' }, 'count')
  await probe.request({ kind: 'close' }, 'done')
  if (messages === 0 || closed > 0) round.faults.push(`live: ${messages} messages, ${closed} subscribers dropped`)
  return round
}

async function refusalRound(bench: Bench, { contender }: Version, seed: number): Promise<RowRound> {
  const calendar = await contender.makeCalendar({ doctors: 1, slotsPerDoctor: 1, units: 1 })
  const taken = loadJob(bench, contender, { load: { kind: 'burst', requests: 1 }, connections: 1, seed }, calendar)
  await bench.generator.run(taken)
  const parts = (): RequestPart[] => [bookings(contender, calendar, { expected: ['slot_full'] })]
  const { connections } = bench.pace
  const load = closedLoad(bench)
  const result = await bench.generator.run(loadJob(bench, contender, { load, connections, seed, parts }, calendar))
  return { ...costs(result, 'slot_full'), faults: wrongResponses(result) }
}

async function listRound(isRead: boolean, bench: Bench, { contender }: Version, seed: number): Promise<RowRound> {
  const calendar = await contender.makeCalendar({ doctors: 20, slotsPerDoctor: 30, units: 600 })
  await delay(logReadMs)
  const paths = calendar.doctorIds.map(listPath)
  const more = isRead ? { position: await futurePosition(contender.target, paths[0] ?? '') } : {}
  const parts = (): RequestPart[] => [{ ...listsOf(paths), ...more }]
  const { connections } = bench.pace
  const load = closedLoad(bench)
  const result = await bench.generator.run(loadJob(bench, contender, { load, connections, seed, parts }, calendar))
  return { ...costs(result, 'ok'), faults: wrongResponses(result) }
}

async function loneClientRound(bench: Bench, { contender }: Version, seed: number): Promise<RowRound> {
  const plan = { shape: hotDoctor, load: closedLoad(bench), connections: 1, seed }
  const round = await runRound(bench, contender, plan)
  return { ...costs(round.load, 'booked'), value: round.booking.latencies.booked?.p50 ?? 0, faults: round.faults }
}

/** The rate of an outcome in the measured window, and its CPU time in each of the two programs. */
function costs({ parts, seconds, cpuSeconds }: LoadResult, outcome: string): Omit<RowRound, 'faults'> {
  const count = Math.max(1, parts[0]?.windowOutcomes[outcome] ?? 0)
  const micros = (name: string) => ((cpuSeconds[name] ?? 0) * 1e6) / count
  return { value: count / seconds, serverMicros: micros('server'), databaseMicros: micros('postgres') }
}

function wrongResponses({ wrong, wrongCount }: LoadResult): string[] {
  return wrongCount > 0 ? [`${wrongCount} wrong responses, such as ${wrong[0]}`] : []
}
