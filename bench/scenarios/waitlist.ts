import { type FreedPlaces, freedPlaces } from '../contenders/freed-places.ts'
import { offerPlaces, setWaitlist } from '../contenders/our-waitlist.ts'
import { cpuSecondsOf } from '../measure/process-cpu.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import type { Bench, Figure, Measured, Scenario } from './scenario.ts'

const waiting = 10_000
const places = 1_000
const boundMin = 0.98

/** A comparison has blocks A B B A of slices that are so short that they find the machine in the same state. */
const blocks = 40
const sliceMs = 250

/** Places are given back while nobody waits, with the functions of the waitlist and without; then offered to many. */
export const waitlist: Scenario = {
  name: 'waitlist',
  title: `Places given back while nobody waits, and ${places} places for ${waiting} who wait`,
  inSmoke: true,
  async run(bench) {
    const { isSmoke } = bench.pace
    const [ours, bare] = [await bench.ours(), await bench.startOurs('no_waitlist')]
    const faults: string[] = []
    const compared: Compared[] = []
    try {
      const sides = await Promise.all(
        [ours, bare].map(async (server) => {
          const calendar = await server.makeCalendar({ doctors: 10, slotsPerDoctor: 10, units: 1_000 })
          return { server, calendar, load: freedPlaces(server.databaseUrl, calendar) }
        }),
      )
      for (const clients of [64, 1]) compared.push({ clients, present: [], absent: [] })
      // Each is once with and once without: two with the same functions differ, too.
      for (const { load: absent, server } of sides) {
        await setWaitlist(server.databaseUrl, false)
        for (const one of compared) {
          for (const { load: present } of sides) {
            if (present !== absent) await compare(bench, { present, absent }, one)
          }
        }
        await setWaitlist(server.databaseUrl, true)
      }
      for (const { server, calendar, load } of sides) {
        await load.end()
        // Each booking has several events: one for its end.
        faults.push(...(await server.recount(calendar)).faults.filter((fault) => !/ events of /.test(fault)))
      }
    } finally {
      await bare.stop()
    }
    const offered = await offerPlaces(ours.databaseUrl, isSmoke ? 100 : waiting, isSmoke ? 50 : places)
    return {
      measured: [
        ...compared.flatMap(measuredOf),
        { name: `${waiting} wait`, values: { 'places offered/s': offered.offeredPerSecond, places: offered.offered } },
      ],
      figures: [figureOf(compared)],
      faults: [...faults, ...offered.faults],
      notes: [
        'An operation: a claim, or a cancellation. Of eight bookings, one is preceded by a hold that lapses.',
        'Without: another database, whose functions do not look for a waitlist. Each is once with and once without.',
        `In turn, A B B A, for ${sliceMs} ms each. CPU: of all processes of PostgreSQL.`,
      ],
    }
  },
}

type Kind = 'present' | 'absent'
type Part = { operationsPerSecond: number; operationsPerCpuSecond: number }
type Compared = { clients: number } & Record<Kind, Part[]>

type Sums = { operations: number; seconds: number; cpuSeconds: number }

const noSums = (): Sums => ({ operations: 0, seconds: 0, cpuSeconds: 0 })

async function compare(bench: Bench, loads: Record<Kind, FreedPlaces>, compared: Compared): Promise<void> {
  const { isSmoke, warmupMs } = bench.pace
  const { clients } = compared
  for (const load of Object.values(loads)) await load.run(2 * warmupMs, clients)
  for (let block = 0; block < (isSmoke ? 1 : blocks); block += 1) {
    const sums: Record<Kind, Sums> = { present: noSums(), absent: noSums() }
    for (const kind of ['present', 'absent', 'absent', 'present'] as const) {
      const before = postgresCpu(bench)
      const startedAt = performance.now()
      sums[kind].operations += await loads[kind].run(sliceMs, clients)
      sums[kind].seconds += (performance.now() - startedAt) / 1_000
      sums[kind].cpuSeconds += postgresCpu(bench) - before
    }
    for (const kind of ['present', 'absent'] as const) {
      const { operations, seconds, cpuSeconds } = sums[kind]
      compared[kind].push({
        operationsPerSecond: operations / seconds,
        operationsPerCpuSecond: operations / cpuSeconds,
      })
    }
  }
}

function postgresCpu({ cluster }: Bench): number {
  return cpuSecondsOf({ pid: cluster.postmasterPid, withChildren: true })
}

const rates = (parts: Part[]) => parts.map(({ operationsPerSecond }) => operationsPerSecond)
const perCpu = (parts: Part[]) => parts.map(({ operationsPerCpuSecond }) => operationsPerCpuSecond)

function measuredOf({ clients, present, absent }: Compared): Measured[] {
  const valuesOf = (parts: Part[]) => ({
    'operations/s': spreadOf(rates(parts)),
    'operations/s of CPU': spreadOf(perCpu(parts)),
  })
  return [
    { name: `nobody waits, ${clients} clients`, values: valuesOf(present) },
    { name: `without the waitlist, ${clients} clients`, values: valuesOf(absent) },
  ]
}

function figureOf(compared: Compared[]): Figure {
  return {
    row: 23,
    title: 'claims, cancellations and lapses while nobody waits ÷ without the waitlist',
    target: `≥ ${boundMin}`,
    parts: compared.flatMap(({ clients, present, absent }) =>
      [
        { name: `rate, ${clients} clients`, reached: ratiosOf(rates(present), rates(absent)) },
        { name: `per CPU, ${clients} clients`, reached: ratiosOf(perCpu(present), perCpu(absent)) },
      ].map((part) => ({ ...part, unit: '×', isReached: part.reached.median >= boundMin })),
    ),
  }
}
