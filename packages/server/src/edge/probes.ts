import {
  logHeldBackSeconds,
  migrationStatus,
  readDatabaseLoad,
  readUpkeepResults,
  waitingAccountMails,
} from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import pTimeout from 'p-timeout'
import type { Pool } from 'pg'
import sql from 'sql-template-tag'
import type { DatabaseFigures, InstallationFigures, ShardLoad } from '../observe/database-figures.ts'
import type { HeldBack } from '../observe/watch-held-back.ts'

/** Health checks and database metrics, on a small separate pool, so that a busy server still responds to probes. */
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
/** Prometheus gives up a process that does not respond within ten seconds. */
const figuresMs = 3_000

export type ProbeDeps = {
  isStopping: () => boolean
  /** The databases, where there are several, the directory first: each has its own figures. Default: there is one. */
  shards?: readonly { name: string; pool: Pool }[]
  /** Default: nothing looks for it. */
  heldBack?: () => HeldBack | null
}

/** @param pool of the application role, with a statement timeout of about a second */
export function createProbes(pool: Pool, { isStopping, shards = [], heldBack = () => null }: ProbeDeps): Probes {
  let running: Promise<Readiness['checks']> | null = null

  async function check(): Promise<Readiness['checks']> {
    try {
      const { current } = await pTimeout(migrationStatus(pool), { milliseconds: timeoutMs })
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
    async databaseFigures() {
      const databases = shards.length === 0 ? [{ name: null, pool }] : shards
      const pools = shards.map((one) => one.pool)
      // One that is away leaves the figures of the others.
      const [installation, ...loads] = await Promise.all([
        installationFigures(pool, pools).catch(() => null),
        ...databases.map(async ({ name, pool: of }) => ({
          shard: name,
          load: await pTimeout(readLoad(of), { milliseconds: figuresMs }).catch(() => null),
        })),
      ])
      return { installation, shards: loads }
    },
  }
}

async function readLoad(pool: Pool): Promise<ShardLoad> {
  return { ...(await readDatabaseLoad(pool)), eventTailLagSeconds: await logHeldBackSeconds(pool) }
}

async function installationFigures(pool: Pool, shards: readonly Pool[]): Promise<InstallationFigures> {
  const partitionSecondsLeft = await secondsLeft(pool)
  const ofPool = await waitingAccountMails(pool)
  // Those of a shard that is away are not known, and its absence is shown.
  const ofShards = shards.filter((one) => one !== pool).map((one) => mailsOf(one).catch(() => null))
  const mails = [ofPool, ...(await Promise.all(ofShards)).filter((one) => one !== null)]
  const { backup, restore_test: restoreTest, verify } = await readUpkeepResults(pool)
  return {
    partitionSecondsLeft,
    accountMailsWaiting: mails.reduce((sum, { count }) => sum + count, 0),
    accountMailSecondsWaiting: Math.max(...mails.map(({ oldestSeconds }) => oldestSeconds)),
    backupRestorableSeconds: secondsOf(backup.succeededAt),
    backupFailingSeconds: backup.failingSeconds,
    backupIntervalSeconds: backup.intervalSeconds ?? Number.NaN,
    restoreTestedSeconds: secondsOf(restoreTest.succeededAt),
    restoreTestFailingSeconds: restoreTest.failingSeconds,
    verifiedSeconds: secondsOf(verify.succeededAt),
    verifyFailingSeconds: verify.failingSeconds,
  }
}

function mailsOf(pool: Pool): ReturnType<typeof waitingAccountMails> {
  return pTimeout(waitingAccountMails(pool), { milliseconds: figuresMs })
}

/** Since 1970; 0: never. */
function secondsOf(time: Date | null): number {
  return (time?.getTime() ?? 0) / 1000
}

/** The seconds until the last month for which bookings can be written has ended. */
async function secondsLeft(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ left: number }>(sql`
    select coalesce(extract(epoch from
             (to_date(max(c.relname), '"booking_y"YYYY"m"MM') + interval '1 month') at time zone 'UTC'
             - clock_timestamp()), 0) as "left"
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'holdfast.booking'::regclass`)
  return rows[0]?.left ?? 0
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
