import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { migrate } from '@holdfast/engine'
import type { DesignName } from '../baselines/designs.ts'
import { baselineCalendars } from './baseline-calendar.ts'
import type { Contender } from './contender.ts'
import { ourCalendars } from './our-calendar.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

export type BaselineName = DesignName | 'five-statements-express' | 'single-claims'

type BaselineFacts = { number: string; label: string; possibleRefusals: readonly string[] }

/** Numbered as in bench/README.md. */
export const baselines: Record<BaselineName, BaselineFacts> = {
  'five-statements': { number: '1', label: '1 five statements, FOR UPDATE', possibleRefusals: [] },
  'five-statements-complete': { number: '–', label: '1 with keys and log', possibleRefusals: [] },
  'five-statements-express': { number: '1', label: '1 the same on Express 5', possibleRefusals: [] },
  'serializable-nowait': { number: '2', label: '2 SERIALIZABLE, NOWAIT', possibleRefusals: ['slot_locked'] },
  'optimistic-version': { number: '3', label: '3 optimistic version', possibleRefusals: ['slot_locked'] },
  'unique-slot': { number: '4', label: '4 UNIQUE (slot_id)', possibleRefusals: [] },
  'slot-locks': { number: '5', label: '5 slot_locks table', possibleRefusals: ['slot_locked'] },
  'redis-lock': { number: '6', label: '6 Redis lock', possibleRefusals: ['slot_locked'] },
  'database-function': { number: '7', label: '7 one function, NOWAIT', possibleRefusals: ['slot_locked'] },
  'single-claims': { number: '8', label: '8 our claim, one a transaction', possibleRefusals: [] },
  'no-lock': { number: '-', label: 'negative control: no lock', possibleRefusals: [] },
}

const program = fileURLToPath(new URL('../baselines/main.ts', import.meta.url))

/** Starts one of the baselines on an empty database. */
export async function startBaseline(name: BaselineName, databaseUrl: string, redisSocket: string): Promise<Contender> {
  const calendars = await openCalendars(name, databaseUrl)
  const server = await startBaselineProcess(name, { DATABASE_URL: databaseUrl, REDIS_SOCKET: redisSocket })
  return {
    name,
    label: baselines[name].label,
    possibleRefusals: baselines[name].possibleRefusals,
    pid: server.pid,
    target: server.target,
    databaseUrl,
    slotsHaveCapacity: name !== 'unique-slot',
    isFull: name === 'single-claims',
    makeCalendar: (shape) => calendars.make(name === 'unique-slot' ? oneUnitPerSlot(shape) : shape),
    recount: (calendar) => calendars.recount(calendar),
    async setPoolSize(poolSize) {
      const changed = once(server.child, 'message')
      server.child.send({ poolSize })
      await changed
    },
    async stop() {
      await server.stop()
      await calendars.end()
    },
  }
}

/** Starts only the process; `echo` and `static` have no database. */
export function startBaselineProcess(name: string, env: Record<string, string>): Promise<ServerProcess> {
  return startServerProcess(program, [name], env, /^ready (\d+)$/)
}

async function openCalendars(name: BaselineName, databaseUrl: string) {
  if (name === 'single-claims') {
    await migrate({ ownerUrl: databaseUrl })
    return ourCalendars(databaseUrl)
  }
  return baselineCalendars(databaseUrl, name === 'five-statements-express' ? 'five-statements' : name)
}

/** For the design that can book a slot only once: as many slots as a round can book. */
function oneUnitPerSlot({ doctors, units }: { doctors: number; units: number }) {
  const slots = Math.min(units, 30_000)
  return { doctors, slotsPerDoctor: Math.ceil(slots / doctors), units: doctors * Math.ceil(slots / doctors) }
}
