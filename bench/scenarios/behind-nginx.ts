import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { whyNoCluster } from '@holdfast/drills/cluster/programs'
import { startNginx } from '@holdfast/drills/cluster/start-nginx'
import { portToKeep, startPgBouncer, whyNoPgBouncer } from '@holdfast/testkit'
import type { OurServer } from '../contenders/our-server.ts'
import type { Target } from '../load/load-job.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { listPath, listsOf } from './reads.ts'
import { loadJob, runRound } from './round.ts'
import type { Bench, Scenario, ScenarioResult } from './scenario.ts'

const name = 'behind_nginx'
const shape = { doctors: 20, slotsPerDoctor: 30, units: 1_000_000 }
/** The time until the servers have read from the log that a calendar was created. */
const logReadMs = 1_000
/** Connections of PgBouncer to the database. */
const poolSize = 40
/** nginx allows each address 1,000 requests a second. */
const clientAddresses = 64

/** Two servers behind nginx and PgBouncer, beside servers that are reached directly; skipped without these programs. */
export const behindNginx: Scenario = {
  name: 'behind-nginx',
  title: 'Two servers behind nginx (TLS) and PgBouncer, and servers that are reached directly',
  inSmoke: false,
  async run(bench) {
    const missing = whyNoCluster(['nginx', 'openssl', 'setpriv']) ?? whyNoPgBouncer
    if (missing !== null) {
      return { measured: [{ name: 'skipped', values: { why: missing } }], figures: [], faults: [], notes: [] }
    }
    const stops: (() => Promise<void>)[] = []
    const started = async <One extends { stop(): Promise<void> }>(starting: Promise<One>): Promise<One> => {
      const one = await starting
      stops.push(() => one.stop())
      return one
    }
    try {
      const first = await started(bench.startOurs(name))
      const second = await started(bench.startOurs(name))
      const pgBouncer = await started(startPgBouncer(first.databaseUrl, 'transaction', poolSize))
      const env = {
        DATABASE_URL: pgBouncer.urlOf(first.databaseUrl),
        DATABASE_DIRECT_URL: first.databaseUrl,
        HOLDFAST_TRUSTED_PROXIES: '1',
      }
      const pooled = [await started(bench.startOurs(name, env)), await started(bench.startOurs(name, env))]
      const nginx = await started(nginxBefore(pooled.map(({ target }) => target)))
      return await measure(bench, [
        { label: 'two servers behind nginx and PgBouncer', server: { ...first, target: nginx.target } },
        {
          label: 'two servers, directly',
          server: { ...first, target: { ...first.target, morePorts: [second.target.port] } },
        },
        { label: 'one server, directly', server: first },
      ])
    } finally {
      for (const stop of stops.toReversed()) await stop()
    }
  },
}

/** nginx with TLS before these servers, by the files of deploy/. */
async function nginxBefore(servers: readonly Target[]): Promise<{ target: Target; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-nginx-'))
  await chmod(directory, 0o711)
  const ports = { http: await portToKeep(), https: await portToKeep() }
  const urls = servers.map(({ host, port }) => `http://${host}:${port}`)
  const { certificate, nginx } = await startNginx(directory, ports, urls)
  return {
    target: { host: '127.0.0.1', port: ports.https, tls: { name: 'localhost', certificate }, clientAddresses },
    async stop() {
      await nginx.process.end()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

type Side = { label: string; server: OurServer }

async function measure(bench: Bench, sides: readonly [Side, Side, Side]): Promise<ScenarioResult> {
  const { warmupMs, roundMs, connections, isSmoke, rounds } = bench.pace
  const load = { kind: 'closed', warmupMs, durationMs: roundMs } as const
  const booked = await alternate(sides, isSmoke ? 1 : rounds + 2, ({ server }, seed) =>
    runRound(bench, server, { shape, load, connections, seed }),
  )
  const [{ server }] = sides
  const calendar = await server.makeCalendar(shape)
  await delay(logReadMs)
  const parts = () => [listsOf(calendar.doctorIds.map(listPath))]
  const read = await alternate(sides, isSmoke ? 1 : rounds, ({ server }, seed) =>
    bench.generator.run(loadJob(bench, server, { load, connections, seed, parts }, calendar)),
  )
  const bookings = booked.map((side) => side.map(({ bookedPerSecond }) => bookedPerSecond))
  const lists = read.map((side) => side.map(({ parts: [part], seconds }) => (part?.windowOutcomes.ok ?? 0) / seconds))
  const ratio = ([behind = [], two = [], one = []]: readonly number[][]) => ({
    two: ratiosOf(behind, two),
    one: ratiosOf(behind, one),
  })
  const [booking, listing] = [ratio(bookings), ratio(lists)]
  return {
    measured: sides.map(({ label }, side) => ({
      name: label,
      values: {
        'bookings/s': spreadOf(bookings[side] ?? []),
        'p99 ms': spreadOf((booked[side] ?? []).map(({ booking }) => booking.latencies.booked?.p99 ?? 0)).median,
        'lists/s': spreadOf(lists[side] ?? []),
      },
    })),
    figures: [
      {
        row: 26,
        title: 'two servers behind nginx and PgBouncer ÷ two directly',
        target: 'bookings/s ≥ 0.6',
        parts: [{ name: 'bookings', reached: booking.two, unit: '×', isReached: booking.two.median >= 0.6 }],
        note: [
          `bookings ÷ one server directly: ${booking.one.median.toFixed(2)}`,
          `lists ÷ two directly: ${listing.two.median.toFixed(2)}, ÷ one: ${listing.one.median.toFixed(2)}`,
        ].join('; '),
      },
    ],
    faults: [
      ...booked.flat().flatMap(({ faults }) => faults),
      ...read.flat().flatMap(({ wrong, wrongCount }) => (wrongCount > 0 ? [`lists: ${wrong[0]}`] : [])),
    ],
    notes: ['All parts, PostgreSQL and the load share the machine. The load speaks TLS to nginx, from 64 addresses.'],
  }
}
