import { fileURLToPath } from 'node:url'
import type { Contender } from './contender.ts'
import { type OurCalendars, ourCalendars } from './our-calendar.ts'
import { startServerProcess } from './server-process.ts'

const ourProgram = fileURLToPath(import.meta.resolve('@holdfast/cli'))

export type OurServer = Contender & { calendars: OurCalendars }

/** `program`: the `holdfast` of another checkout, to compare with. */
export type OurServerOptions = { name?: string; env?: Record<string, string>; program?: string }

/** The administrator of every measured Holdfast server. */
export const administrator = { email: 'bench@example.org', password: 'a password of the benchmark' }

/**
 * Starts the product by `holdfast start`, without rate limits, as for every load test, and without the jobs, which run
 * in a separate process in production.
 */
export async function startOurServer(
  ownerUrl: string,
  { name = 'holdfast', env = {}, program = ourProgram }: OurServerOptions = {},
): Promise<OurServer> {
  const server = await startServerProcess(
    program,
    ['start'],
    {
      DATABASE_URL: ownerUrl,
      HOST: '127.0.0.1',
      PORT: '0',
      HOLDFAST_RATE_LIMIT: 'off',
      HOLDFAST_WORKER: 'off',
      HOLDFAST_DEMO: 'off',
      HOLDFAST_LOG_LEVEL: 'error',
      HOLDFAST_SECRET: 'a-secret-of-the-benchmark-of-enough-length',
      HOLDFAST_ADMIN_EMAIL: administrator.email,
      HOLDFAST_ADMIN_PASSWORD: administrator.password,
      ...profiling(),
      ...env,
    },
    /^Holdfast is ready at http:\/\/[^/]+:(\d+)/,
  )
  const calendars = ourCalendars(ownerUrl)
  let stopped: Promise<void> | null = null
  return {
    name,
    label: 'Holdfast',
    pid: server.pid,
    target: server.target,
    databaseUrl: ownerUrl,
    possibleRefusals: [],
    slotsHaveCapacity: true,
    isFull: true,
    calendars,
    makeCalendar: (shape) => calendars.make(shape),
    recount: (calendar) => calendars.recount(calendar),
    setPoolSize: null,
    stop() {
      stopped ??= server.stop().then(() => calendars.end())
      return stopped
    },
  }
}

/** HOLDFAST_BENCH_PROFILE names a directory: each Holdfast server writes a CPU profile there when it ends. */
function profiling(): Record<string, string> {
  const directory = process.env.HOLDFAST_BENCH_PROFILE
  return directory === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${directory}` }
}
