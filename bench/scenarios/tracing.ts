import { createServer } from 'node:http'
import { bookings, type Calendar } from '../contenders/contender.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { withoutProgram } from './desk-lists.ts'
import { runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

/** Bookings by a server without the module for traces, by one that traces nothing, and by one that traces 1 %. */
export const tracing: Scenario = {
  name: 'tracing',
  title: 'Bookings without the module for traces, with traces off, and with 1 % of them',
  inSmoke: true,
  async run(bench) {
    const collector = await startCollector()
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0.01' }
    const sides = [
      {
        name: 'without the module',
        ours: await bench.startOurs('no_tracing', { HOLDFAST_BENCH_WITHOUT: 'tracing' }, withoutProgram),
      },
      { name: 'off', ours: await bench.startOurs('tracing_off') },
      { name: '1 % of all', ours: await bench.startOurs('tracing_some', endpoint) },
    ]
    try {
      const { warmupMs, roundMs, connections, isSmoke } = bench.pace
      const rounds = await alternate(sides, isSmoke ? 1 : bench.pace.rounds + 4, ({ ours }, seed) =>
        runRound(bench, ours, {
          shape: { doctors: 1, slotsPerDoctor: 30, units: 1_000_000 },
          load: { kind: 'closed', warmupMs, durationMs: roundMs },
          connections,
          seed,
          parts: (calendar: Calendar) => [bookings(ours, calendar)],
        }),
      )
      const rates = rounds.map((ofSide) => ofSide.map(({ bookedPerSecond }) => bookedPerSecond))
      const [without = [], off = [], some = []] = rates
      const part = (name: string, side: number[], atLeast: number) => {
        const reached = ratiosOf(side, without)
        return { name, reached, unit: '×', isReached: reached.median >= atLeast }
      }
      const parts = [part('off', off, 0.98), part('1 %', some, 0.95)]
      // What is traced is sent at the latest by then.
      await Promise.all(sides.map(({ ours }) => ours.stop()))
      const received = collector.requests()
      const faults = rounds.flat().flatMap((round) => round.faults)
      if (received === 0 && !isSmoke) faults.push('tracing: the collector got no traces')
      return {
        measured: sides.map(({ name }, side) => ({ name, values: { 'bookings/s': spreadOf(rates[side] ?? []) } })),
        figures: [{ row: 34, title: 'bookings with traces ÷ without the module', target: '≥ 0.98, ≥ 0.95', parts }],
        faults,
        notes: [`the collector got ${received} requests`],
      }
    } finally {
      await Promise.all(sides.map(({ ours }) => ours.stop()))
      collector.stop()
    }
  },
}

/** Takes what it is sent, and reads nothing of it. */
async function startCollector() {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The collector has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => requests,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
