import { fileURLToPath } from 'node:url'
import { bookings, type Calendar } from '../contenders/contender.ts'
import { firstSlotStart } from '../contenders/our-calendar.ts'
import type { OurServer } from '../contenders/our-server.ts'
import { administratorToken } from '../contenders/sign-in.ts'
import type { LoadResult } from '../load/load-job.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { loadJob } from './round.ts'
import type { Bench, Scenario } from './scenario.ts'

export const withoutProgram = fileURLToPath(new URL('../contenders/holdfast-without.ts', import.meta.url))

const slotsPerDoctor = 30
const doctors = { whole: 100, smoke: 4 }
/** As many desks as a large clinic has, and not as many as patients. */
const desks = 32

type Side = { name: string; server: OurServer; bearer: string }

/**
 * Lists of a doctor's patients, whose reading is stored in the security log before they are sent, and the same by a
 * server that stores none. Lists of one doctor differ by their length: repetitions within a quarter of an hour are not
 * stored again, so each round has a new clinic.
 */
export const deskLists: Scenario = {
  name: 'desk-lists',
  title: 'Lists of patients at the desk, with their reads in the security log, and without',
  inSmoke: true,
  async run(bench) {
    const servers = [
      { name: 'stored before they are sent', server: await bench.startOurs('read_log') },
      {
        name: 'not stored',
        server: await bench.startOurs('no_read_log', { HOLDFAST_BENCH_WITHOUT: 'read-log' }, withoutProgram),
      },
    ]
    try {
      const sides: Side[] = []
      for (const one of servers) sides.push({ ...one, bearer: await administratorToken(one.server) })
      const count = bench.pace.isSmoke ? 1 : bench.pace.rounds + 4
      const rounds = await alternate(sides, count, (side, seed) => roundOf(bench, side, seed))
      const rates = rounds.map((ofSide) => ofSide.map(({ parts, seconds }) => okOf(parts) / seconds))
      const [stored = [], free = []] = rates
      const reached = ratiosOf(stored, free)
      // 5 % more time is a twentieth fewer.
      const part = { name: 'stored ÷ not stored', reached, unit: '×', isReached: reached.median >= 0.95 }
      return {
        measured: sides.map(({ name }, side) => ({ name, values: { 'lists/s': spreadOf(rates[side] ?? []) } })),
        figures: [
          { row: 33, title: 'lists of patients/s, reads stored ÷ not stored', target: '≥ 0.95', parts: [part] },
        ],
        faults: rounds.flat().flatMap(({ wrong, wrongCount }) => (wrongCount > 0 ? [`desk-lists: ${wrong[0]}`] : [])),
        notes: [],
      }
    } finally {
      await Promise.all(servers.map(({ server }) => server.stop()))
    }
  },
}

const okOf = (parts: LoadResult['parts']) => parts[0]?.windowOutcomes.ok ?? 0

/** A new clinic whose slots are all booked, and then the lists of its doctors. */
async function roundOf(bench: Bench, { server, bearer }: Side, seed: number): Promise<LoadResult> {
  const { warmupMs, roundMs, isSmoke, connections } = bench.pace
  const count = isSmoke ? doctors.smoke : doctors.whole
  const units = count * slotsPerDoctor
  const calendar = await server.makeCalendar({ doctors: count, slotsPerDoctor, units })
  const burst = { kind: 'burst', requests: units } as const
  const books = () => [bookings(server, calendar, { order: 'once' })]
  const booked = await bench.generator.run(
    loadJob(bench, server, { load: burst, connections, seed, parts: books }, calendar),
  )
  if (booked.parts[0]?.outcomes.booked !== units) throw new Error('Some slots could not be booked.')
  const load = { kind: 'closed', warmupMs, durationMs: roundMs } as const
  const name = 'desk lists'
  const paths = pathsOf(calendar)
  const lists = () => [{ kind: 'get', name, weight: 1, paths, startsWith: '{"items":[{"id":"', bearer } as const]
  return bench.generator.run(loadJob(bench, server, { load, connections: desks, seed, parts: lists }, calendar))
}

function pathsOf({ clinic, doctorIds }: Calendar): string[] {
  const day = new Date(firstSlotStart()).toISOString().slice(0, 10)
  const list = `/api/v1/clinics/${clinic?.id}/bookings?from=${day}&to=${day}`
  return doctorIds.flatMap((doctorId) =>
    Array.from({ length: slotsPerDoctor }, (_, n) => `${list}&doctorId=${doctorId}&limit=${n + 1}`),
  )
}
