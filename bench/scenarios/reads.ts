import { setTimeout as delay } from 'node:timers/promises'
import { startBaselineProcess } from '../contenders/baseline-server.ts'
import type { Calendar } from '../contenders/contender.ts'
import { firstSlotStart } from '../contenders/our-calendar.ts'
import type { OurServer } from '../contenders/our-server.ts'
import type { LoadResult, RequestPart } from '../load/load-job.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { loadJob } from './round.ts'
import type { Bench, Scenario } from './scenario.ts'

const doctors = 20
const simultaneous = 1_000
/** The time until the server has read from the log that a calendar was created, and has invalidated its caches. */
const logReadMs = 1_000
const futureTransaction = '1000000000000000'
/** A doctor's slots on one day, which almost everybody reads before booking. */
export const reads: Scenario = {
  name: 'reads',
  title: 'Slot lists: cached and not, beside a static file and static bytes',
  inSmoke: true,
  async run(bench) {
    await bench.countStatements('reads')
    const ours = await bench.startOurs('reads')
    const calendar = await ours.makeCalendar({ doctors, slotsPerDoctor: 30, units: 600 })
    await delay(logReadMs)
    const paths = calendar.doctorIds.map(listPath)
    const [firstPath = ''] = paths
    const position = await futurePosition(ours.target, firstPath)
    const filePath = await staticFile(ours)
    const staticJson = await (await fetch(`http://${ours.target.host}:${ours.target.port}${firstPath}`)).text()
    const fixed = await startBaselineProcess('static', { STATIC_JSON: staticJson })
    const { warmupMs, roundMs, connections } = bench.pace
    const load = { kind: 'closed', warmupMs, durationMs: roundMs } as const
    const sides = [
      { name: 'cached', server: ours, part: listsOf(paths) },
      { name: 'not cached', server: ours, part: { ...listsOf(paths), position } },
      { name: 'static file', server: ours, part: { ...listsOf([filePath]), startsWith: '{' } },
      { name: 'static bytes', server: { ...ours, ...fixed }, part: listsOf(paths) },
    ]
    try {
      const rounds = await alternate(sides, bench.pace.isSmoke ? 1 : bench.pace.rounds + 4, ({ server, part }, seed) =>
        bench.generator.run(loadJob(bench, server, { load, connections, seed, parts: () => [part] }, calendar)),
      )
      const queries = await queriesOfOneList(bench, ours)
      return resultOf(sides, rounds, queries)
    } finally {
      await fixed.stop()
      await ours.stop()
    }
  },
}

/** The one JSON file that the product serves from disk. */
async function staticFile({ target }: OurServer): Promise<string> {
  const path = '/manifest.webmanifest'
  const { status } = await fetch(`http://${target.host}:${target.port}${path}`)
  if (status !== 200) throw new Error(`GET ${path} returned ${status}: build the site first (npm run site).`)
  return path
}

export function listPath(doctorId: string): string {
  const day = new Date(firstSlotStart()).toISOString().slice(0, 10)
  return `/api/v1/doctors/${doctorId}/slots?from=${day}&to=${day}`
}

export function listsOf(paths: readonly string[]): Extract<RequestPart, { kind: 'get' }> {
  return { kind: 'get', name: 'slot lists', weight: 1, paths, startsWith: '{"items":[{"id":"' }
}

/**
 * A position in the future: a reader that sends it never gets a cached response. It is of the server's epoch, because
 * the response to any other position carries a header that replaces it. A server of before epochs replaces none.
 */
export async function futurePosition({ host, port }: OurServer['target'], path: string): Promise<string> {
  const response = await fetch(`http://${host}:${port}${path}`, { headers: { 'holdfast-position': '1' } })
  const [epoch] = response.headers.get('holdfast-position')?.split('.') ?? []
  return epoch === undefined ? futureTransaction : `${epoch}.${futureTransaction}`
}

/** How many statements run when everybody requests a list at once that is not cached. */
async function queriesOfOneList(bench: Bench, ours: OurServer): Promise<number> {
  const calendar: Calendar = await ours.makeCalendar({ doctors: 1, slotsPerDoctor: 30, units: 30 })
  await delay(logReadMs)
  const { pool } = ours.calendars
  await pool.query('create extension if not exists pg_stat_statements')
  await pool.query('select pg_stat_statements_reset()')
  const load = { kind: 'burst', requests: simultaneous } as const
  const parts = () => [listsOf(calendar.doctorIds.map(listPath))]
  const result = await bench.generator.run(
    loadJob(bench, ours, { load, connections: simultaneous, seed: 1, parts }, calendar),
  )
  const { ok = 0 } = result.parts[0]?.outcomes ?? {}
  if (ok !== simultaneous) throw new Error(`${ok} of ${simultaneous} simultaneous requests succeeded.`)
  // The tail reads the log meanwhile, and nothing else.
  const { rows } = await pool.query<{ calls: number }>(
    `select coalesce(sum(calls), 0)::integer as calls from pg_stat_statements s join pg_database d on d.oid = s.dbid
      where d.datname = current_database() and query ~ 'holdfast\\.(slot|resource|clinic)\\M'
        and query !~ 'directory_change'`,
  )
  return rows[0]?.calls ?? 0
}

function resultOf(
  sides: { name: string }[],
  rounds: LoadResult[][],
  queries: number,
): Awaited<ReturnType<Scenario['run']>> {
  const rates = rounds.map((sideRounds) =>
    sideRounds.map(({ parts, seconds }) => (parts[0]?.windowOutcomes.ok ?? 0) / seconds),
  )
  const [cached = [], uncached = [], file = []] = rates
  const faults = rounds.flat().flatMap(({ wrong, wrongCount }) => (wrongCount > 0 ? [`reads: ${wrong[0]}`] : []))
  const overUncached = ratiosOf(cached, uncached)
  const overStatic = ratiosOf(cached, file)
  const measured = sides.map(({ name }, side) => {
    const sideRounds = rounds[side] ?? []
    const cpu = sideRounds.map(
      ({ cpuSeconds, parts }) => ((cpuSeconds.server ?? 0) * 1e6) / (parts[0]?.windowOutcomes.ok ?? 1),
    )
    const p99 = sideRounds.map(({ parts }) => parts[0]?.latencies.ok?.p99 ?? 0)
    return {
      name,
      values: {
        'lists/s': spreadOf(rates[side] ?? []),
        'p99 ms': spreadOf(p99).median,
        'server µs': spreadOf(cpu).median,
      },
    }
  })
  return {
    measured,
    figures: [
      {
        row: 9,
        title: 'cached availability ÷ uncached · ÷ a static JSON file from the same server',
        target: '≥ 1.8 · ≥ 0.8',
        parts: [
          { name: '÷ uncached', reached: overUncached, unit: '×', isReached: overUncached.median >= 1.8 },
          { name: '÷ static', reached: overStatic, unit: '×', isReached: overStatic.median >= 0.8 },
        ],
      },
      {
        row: 10,
        title: 'database queries for 1,000 simultaneous requests of one list that is not cached',
        target: '≤ 2',
        parts: [{ name: 'queries', reached: spreadOf([queries]), unit: '', isReached: queries >= 1 && queries <= 2 }],
      },
    ],
    faults,
    notes: [
      'Static file: the manifest of the site, 623 bytes. Static bytes: one list, in memory behind a bare Fastify.',
    ],
  }
}
