import { readFileSync } from 'node:fs'
import { spreadOf } from '../measure/spread.ts'
import { runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

const connectionCount = 10_000
const spare = 500
const ratePerSecond = 2_000

export const connections: Scenario = {
  name: 'connections',
  title: '10,000 connections open at once, each booking now and then',
  inSmoke: false,
  async run(bench) {
    const filesMax = openFilesMax()
    if (filesMax < connectionCount + spare) {
      throw new Error(
        `A process may open only ${filesMax} files. For 10,000 connections run: ulimit -n ${connectionCount + spare}`,
      )
    }
    const ours = await bench.startOurs('connections', {
      HOLDFAST_CONNECTIONS_MAX: String(connectionCount + spare),
      // The first connection is idle until the last one is open: longer than the default allows.
      HOLDFAST_REQUEST_SECONDS_MAX: '60',
    })
    try {
      const idleMiB = residentMiB(ours.pid)
      const round = await runRound(bench, ours, {
        shape: { doctors: 100, slotsPerDoctor: 100, units: 1_000_000 },
        load: { kind: 'open', warmupMs: 6_000, durationMs: bench.pace.roundMs * 2, ratePerSecond, giveUpMs: 5_000 },
        connections: connectionCount,
        seed: 1,
      })
      const { p50 = 0, p99 = 0, max = 0 } = round.booking.latencies.booked ?? {}
      return {
        measured: [
          {
            name: 'Holdfast',
            values: {
              'requested/s': ratePerSecond,
              'bookings/s': spreadOf([round.bookedPerSecond]),
              'p50 ms': p50,
              'p99 ms': p99,
              'max ms': max,
              'server MiB before': idleMiB,
              'server MiB after': residentMiB(ours.pid),
            },
          },
        ],
        figures: [],
        faults: round.faults,
        notes: ['Each connection is used in turn, about every five seconds; latency counts from the intended arrival.'],
      }
    } finally {
      await ours.stop()
    }
  },
}

function openFilesMax(): number {
  const soft = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? 0)
}

function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kib ?? 0) / 1024)
}
