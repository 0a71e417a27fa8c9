import { startBaselineProcess } from '../contenders/baseline-server.ts'
import type { RequestPart } from '../load/load-job.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { loadJob, runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

/** What a booking costs the server's process, compared with the cheapest JSON request in Node. */
export const bareHttp: Scenario = {
  name: 'bare-http',
  title: 'The server process against a bare node:http server that echoes the same JSON',
  inSmoke: true,
  async run(bench) {
    const ours = await bench.ours()
    const echo = await startBaselineProcess('echo', {})
    const { warmupMs, roundMs, connections, rounds } = bench.pace
    const load = { kind: 'closed', warmupMs, durationMs: roundMs } as const
    const shape = { doctors: 1, slotsPerDoctor: 30, units: 1_000_000 }
    const faults: string[] = []
    const rate = { booked: [] as number[], echoed: [] as number[] }
    const cpu = { booked: [] as number[], echoed: [] as number[] }
    try {
      for (let seed = 0; seed < rounds; seed += 1) {
        const round = await runRound(bench, ours, { shape, load, connections, seed })
        faults.push(...round.faults)
        rate.booked.push(round.bookedPerSecond)
        cpu.booked.push(((round.load.cpuSeconds.server ?? 0) * 1e6) / (round.booking.windowOutcomes.booked ?? 1))
        const parts: RequestPart[] = [{ kind: 'echo', weight: 1, slotIds: round.calendar.slotIds }]
        const job = loadJob(
          bench,
          { ...ours, ...echo },
          { load, connections, seed, parts: () => parts },
          round.calendar,
        )
        const result = await bench.generator.run(job)
        const echoed = result.parts[0]?.windowOutcomes.ok ?? 0
        if (result.wrongCount > 0) faults.push(`echo: ${result.wrong[0]}`)
        rate.echoed.push(echoed / result.seconds)
        cpu.echoed.push(((result.cpuSeconds.server ?? 0) * 1e6) / Math.max(1, echoed))
      }
    } finally {
      await echo.stop()
    }
    const cpuRatio = ratiosOf(cpu.booked, cpu.echoed)
    const rateRatio = ratiosOf(rate.booked, rate.echoed)
    const figure = {
      row: 7,
      title: 'server CPU per booking ÷ CPU of a bare node:http echo · the two rates',
      target: '≤ 4 · ≥ 0.2',
      parts: [
        { name: 'CPU', reached: cpuRatio, unit: '×', isReached: cpuRatio.median <= 4 },
        { name: 'rate', reached: rateRatio, unit: '×', isReached: rateRatio.median >= 0.2 },
      ],
    }
    const measured = [
      {
        name: 'Holdfast',
        values: { 'per second': spreadOf(rate.booked), 'server µs per request': spreadOf(cpu.booked) },
      },
      {
        name: 'bare echo',
        values: { 'per second': spreadOf(rate.echoed), 'server µs per request': spreadOf(cpu.echoed) },
      },
    ]
    return { measured, figures: [figure], faults, notes: [] }
  },
}
