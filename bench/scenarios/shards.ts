import { setTimeout as delay } from 'node:timers/promises'
import type { Calendar, Contender } from '../contenders/contender.ts'
import { type OurCalendars, ourCalendars } from '../contenders/our-calendar.ts'
import type { OurServer } from '../contenders/our-server.ts'
import type { RequestPart } from '../load/load-job.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { loadJob, runRound } from './round.ts'
import type { Bench, Scenario } from './scenario.ts'

const shape = { doctors: 20, slotsPerDoctor: 30, units: 1_000_000 }
const listed = { doctors: 400, slotsPerDoctor: 1, units: 400 }
/** Clinics of other databases have other numbers. */
const numbersPerDatabase = 1_000_000
/** The time until the server knows where new clinics are, and has read from the logs that they were created. */
const knownMs = 1_500

type Database = { no: number; calendars: OurCalendars }

/** A server of several databases on the machine's only PostgreSQL server. Each calendar is divided among them. */
type Installation = Contender & { databases: readonly Database[] }

/** One server of several databases beside one of a single database, on the same PostgreSQL server. */
export const shards: Scenario = {
  name: 'shards',
  title: 'Several databases',
  inSmoke: true,
  async run(bench) {
    const stops: (() => Promise<void>)[] = []
    try {
      const one = await bench.startOurs('one_database')
      stops.push(() => one.stop())
      const two = await startInstallation(bench, 2, stops)
      const four = await startInstallation(bench, 4, stops)
      const { warmupMs, roundMs, connections, isSmoke, rounds } = bench.pace
      const load = { kind: 'closed', warmupMs, durationMs: roundMs } as const
      const booked = await alternate([one, two], isSmoke ? 1 : rounds + 2, (side, seed) =>
        runRound(bench, side, { shape, load, connections, seed }),
      )
      const listing = [one, four]
      const calendars = await Promise.all(listing.map((side) => side.makeCalendar(listed)))
      await delay(knownMs)
      const lists = await alternate([0, 1], isSmoke ? 1 : rounds, (at, seed) => {
        const [side, calendar] = [listing[at] ?? one, calendars[at] ?? noCalendar]
        const job = loadJob(bench, side, { load, connections: 4, seed, parts: () => [doctorLists] }, calendar)
        return bench.generator.run(job)
      })
      const [bookings = [], ofTwo = []] = booked.map((side) => side.map(({ bookedPerSecond }) => bookedPerSecond))
      const [p50 = [], ofFour = []] = lists.map((side) =>
        side.map(({ parts: [part] }) => part?.latencies.ok?.p50 ?? Number.NaN),
      )
      const [reached, slower] = [ratiosOf(ofTwo, bookings), ratiosOf(ofFour, p50)]
      return {
        measured: [
          {
            name: 'one database',
            values: { 'bookings/s': spreadOf(bookings), 'list of doctors p50 ms': spreadOf(p50) },
          },
          { name: 'two databases', values: { 'bookings/s': spreadOf(ofTwo) } },
          { name: 'four databases', values: { 'list of doctors p50 ms': spreadOf(ofFour) } },
        ],
        figures: [
          {
            row: 27,
            title: 'bookings/s through a server of two databases ÷ of one, on one machine',
            target: '≥ 0.95',
            parts: [{ name: 'bookings', reached, unit: '×', isReached: reached.median >= 0.95 }],
          },
          {
            row: 28,
            title: 'a search for doctors in four databases ÷ in one, p50',
            target: '≤ 2',
            parts: [{ name: 'not cached', reached: slower, unit: '×', isReached: slower.median <= 2 }],
          },
        ],
        faults: [
          ...booked.flat().flatMap(({ faults }) => faults),
          ...lists.flat().flatMap(({ wrong, wrongCount }) => (wrongCount > 0 ? [`lists: ${wrong[0]}`] : [])),
        ],
        notes: ['All databases are on one PostgreSQL server, which shares the machine with Holdfast and the load.'],
      }
    } finally {
      for (const stop of stops.toReversed()) await stop()
    }
  },
}

const noCalendar: Calendar = { slotIds: [], doctorIds: [], clinic: null }

/** So many that hardly one is asked for twice in a round, and no response is a cached one. */
const doctorLists: RequestPart = {
  kind: 'get',
  name: 'lists of doctors',
  weight: 1,
  paths: Array.from({ length: 20_000 }, (_, n) => `/api/v1/doctors?q=doctor%20${n % 100}&limit=${10 + (n % 53)}`),
  startsWith: '{"items":[{"id":"',
}

async function startInstallation(bench: Bench, count: number, stops: (() => Promise<void>)[]): Promise<Installation> {
  const name = `of_${count}_databases`
  const urls: string[] = []
  for (let no = 1; no < count; no += 1) urls.push(await bench.cluster.createDatabase(`bench_${name}_${no}`))
  const HOLDFAST_SHARDS = urls.map((url, index) => `shard${index + 1}=${url}`).join(',')
  const server = await bench.startOurs(name, { HOLDFAST_SHARDS })
  stops.push(() => server.stop())
  const databases = [{ no: 0, calendars: server.calendars }]
  for (const [index, url] of urls.entries()) {
    const [no, calendars] = [index + 1, ourCalendars(url)]
    stops.push(() => calendars.end())
    await calendars.pool.query("select setval('holdfast.clinic_no_seq', $1)", [no * numbersPerDatabase])
    databases.push({ no, calendars })
  }
  return { ...server, label: `Holdfast, ${count} databases`, databases, ...dividedCalendars(server, databases) }
}

function dividedCalendars(
  server: OurServer,
  databases: readonly Database[],
): Pick<Contender, 'makeCalendar' | 'recount'> {
  const partsOf = new Map<Calendar, Map<Database, Calendar>>()
  return {
    async makeCalendar({ doctors, slotsPerDoctor, units }) {
      const parts = new Map<Database, Calendar>()
      const part = { doctors: doctors / databases.length, slotsPerDoctor, units: units / databases.length }
      for (const database of databases) {
        const calendar = await database.calendars.make(part)
        parts.set(database, calendar)
        // The server may have found it there already.
        await server.calendars.pool.query(
          'insert into holdfast.clinic_shard (clinic_no, shard_no) values ($1, $2) on conflict do nothing',
          [calendar.clinic?.no, database.no],
        )
      }
      const calendars = [...parts.values()]
      const whole = {
        slotIds: calendars.flatMap(({ slotIds }) => slotIds),
        doctorIds: calendars.flatMap(({ doctorIds }) => doctorIds),
        clinic: null,
      }
      partsOf.set(whole, parts)
      return whole
    },
    async recount(calendar) {
      const counts = []
      for (const [database, part] of partsOf.get(calendar) ?? []) counts.push(await database.calendars.recount(part))
      return {
        bookings: counts.reduce((sum, { bookings }) => sum + bookings, 0),
        faults: counts.flatMap(({ faults }) => faults),
      }
    },
  }
}
