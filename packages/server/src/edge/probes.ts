import { migrationStatus } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import pTimeout from 'p-timeout'
import type { Pool } from 'pg'
import type { DatabaseFigures } from '../observe/database-figures.ts'
import { databaseFiguresReader, type ObservedDatabase, type WarnLog } from '../observe/read-database-figures.ts'
import type { HeldBack } from '../observe/watch-held-back.ts'

/** Health checks and database metrics, on small separate pools, so that a busy server still responds to probes. */
export type Probes = {
  /** Ready if the database responds within a second, its schema is current, and the server is not stopping. */
  readiness(): Promise<Readiness>
  databaseFigures(): Promise<DatabaseFigures>
}

export type Readiness = {
  status: 'ready' | 'not_ready'
  checks: {
    server: 'accepting' | 'stopping'
    database: 'reachable' | 'unreachable'
    migrations: 'current' | 'pending' | 'unknown'
  }
  /** What does not keep it from serving requests. */
  details: {
    /** An open transaction that keeps live places and messages back; null: none does for 5 s. */
    logHeldBack: HeldBack | null
  }
}

const timeoutMs = 1_000

export type ProbeDeps = {
  isStopping: () => boolean
  log: WarnLog
  /** Default: nothing looks for it. */
  heldBack?: () => HeldBack | null
}

/** `probes`: readiness is read by it, so that it does not wait for figures. */
export type ProbedDatabase = ObservedDatabase & { pools: Record<'probes', Pool> }

/**
 * @param databases all, the directory or the only one first; their pools are of the application role, with a statement
 *   timeout of about a second
 */
export function createProbes(
  databases: readonly [ProbedDatabase, ...ProbedDatabase[]],
  { isStopping, log, heldBack = () => null }: ProbeDeps,
): Probes {
  const [{ pools }] = databases
  let running: Promise<Readiness['checks']> | null = null

  async function check(): Promise<Readiness['checks']> {
    try {
      const { current } = await pTimeout(migrationStatus(pools.probes), { milliseconds: timeoutMs })
      return { server: 'accepting', database: 'reachable', migrations: current ? 'current' : 'pending' }
    } catch {
      return { server: 'accepting', database: 'unreachable', migrations: 'unknown' }
    }
  }

  return {
    async readiness() {
      // Concurrent probes share one query.
      running ??= check().finally(() => {
        running = null
      })
      const checks = { ...(await running), server: isStopping() ? ('stopping' as const) : ('accepting' as const) }
      const isReady = checks.server === 'accepting' && checks.migrations === 'current'
      return { status: isReady ? 'ready' : 'not_ready', checks, details: { logHeldBack: heldBack() } }
    },
    databaseFigures: databaseFiguresReader(databases, log),
  }
}

/** /livez: the process is running. /readyz: it can serve requests; 503 makes a load balancer use another server. */
export async function probeRoutes(app: FastifyInstance, probes: Probes): Promise<void> {
  const config = { authentication: 'none' as const }
  app.get('/livez', { config }, async (_request, reply) => {
    void reply.header('cache-control', 'no-store')
    return { status: 'alive' }
  })
  app.get('/readyz', { config }, async (_request, reply) => {
    const readiness = await probes.readiness()
    void reply.header('cache-control', 'no-store').code(readiness.status === 'ready' ? 200 : 503)
    return readiness
  })
}
