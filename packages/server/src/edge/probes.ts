import { migrationStatus } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import pTimeout from 'p-timeout'
import type { Pool } from 'pg'
import type { DatabaseFigures } from '../metrics.ts'

/** What is looked at from outside, on one small pool of its own, so that a busy server still answers its probes. */
export type Probes = {
  /** Whether requests can be served: the database answers within a second, its schema is current, no shutdown began. */
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
}

const answerMsMax = 1_000

/** @param pool of the application role, with a statement timeout of about a second */
export function createProbes(pool: Pool, isStopping: () => boolean): Probes {
  let asking: Promise<Readiness['checks']> | null = null

  async function ask(): Promise<Readiness['checks']> {
    try {
      const { current } = await pTimeout(migrationStatus(pool), { milliseconds: answerMsMax })
      return { server: 'accepting', database: 'reachable', migrations: current ? 'current' : 'pending' }
    } catch {
      return { server: 'accepting', database: 'unreachable', migrations: 'unknown' }
    }
  }

  return {
    async readiness() {
      // Many probes at once share one question.
      asking ??= ask().finally(() => {
        asking = null
      })
      const checks = { ...(await asking), server: isStopping() ? ('stopping' as const) : ('accepting' as const) }
      const isReady = checks.server === 'accepting' && checks.migrations === 'current'
      return { status: isReady ? 'ready' : 'not_ready', checks }
    },
    async databaseFigures() {
      const { rows } = await pool.query<{ holds: number; lag: number }>(`
        select
          (select count(*) from holdfast.booking where status = 'PENDING' and hold_expires_at > clock_timestamp()) as holds,
          (select coalesce(extract(epoch from clock_timestamp() - min(at)), 0) from holdfast.booking_event
            where xid >= pg_snapshot_xmin(pg_current_snapshot())) as lag`)
      return { activeHolds: rows[0]?.holds ?? 0, eventTailLagSeconds: Math.max(0, rows[0]?.lag ?? 0) }
    },
  }
}

/** /livez: the process answers. /readyz: it can serve; 503 tells a load balancer to look elsewhere. */
export async function probeRoutes(app: FastifyInstance, probes: Probes): Promise<void> {
  const config = { admission: 'open' as const }
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
