import { setTimeout as delay } from 'node:timers/promises'
import { type TestCluster, until } from '@holdfast/testkit'
import type { Random } from './chaos-random.ts'
import type { Stage } from './chaos-stage.ts'

/** What happens while the clients work. Each resolves when the database accepts connections again. */
export const disturbances = {
  async 'terminate backends'({ database }, random) {
    await database.ownerPool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
          and pid % 3 = $1`,
      [random.below(3)],
    )
  },
  async 'cut connections'({ servers }, random) {
    const { proxy } = random.pick(servers)
    await proxy.cut()
    await delay(100 + random.below(400))
    await proxy.restore()
  },
  async 'drop packets'({ servers }, random) {
    const { proxy } = random.pick(servers)
    proxy.hang()
    await delay(random.below(200))
    proxy.forwardNew()
  },
  async 'kill a server'({ servers }, random) {
    await random.pick(servers).replace()
  },
  async 'kill a backend'({ database }) {
    const { rows } = await database.ownerPool.query<{ pid: number }>(
      `select pid from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' limit 1`,
    )
    await killedAndBack(database, rows[0]?.pid, 'SIGKILL')
  },
  async 'stop PostgreSQL at once'({ database }) {
    const { rows } = await database.ownerPool.query<{ pid: number }>(
      `select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)::integer as pid`,
    )
    // Its supervisor starts it again.
    await killedAndBack(database, rows[0]?.pid, 'SIGQUIT')
  },
} satisfies Record<string, (stage: Stage, random: Random) => Promise<void>>

export type Disturbance = keyof typeof disturbances

const startTime = async ({ ownerPool }: TestCluster): Promise<string | undefined> => {
  try {
    // The recovery of a crash resets the statistics.
    const { rows } = await ownerPool.query<{ at: string }>(
      'select concat(pg_postmaster_start_time(), pg_stat_get_bgwriter_stat_reset_time()) as at',
    )
    return rows[0]?.at
  } catch {
    return undefined
  }
}

async function killedAndBack(database: TestCluster, pid: number | undefined, signal: NodeJS.Signals): Promise<void> {
  if (pid === undefined) return
  const before = await startTime(database)
  process.kill(pid, signal)
  await until(
    async () => {
      const now = await startTime(database)
      return now !== undefined && now !== before
    },
    `PostgreSQL after ${signal}`,
    120_000,
  )
}

/**
 * The standby takes over, with a new timeline. It has everything that was acknowledged, as with a synchronous standby:
 * no write reaches the primary while it catches up.
 */
export async function promoteStandby(stage: Stage): Promise<void> {
  const { database: primary, standby, servers, tailProxy } = stage
  const proxies = [...servers.map(({ proxy }) => proxy), tailProxy]
  await Promise.all(proxies.map((proxy) => proxy.cut()))
  await until(
    async () => {
      const { rowCount } = await primary.ownerPool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name like 'holdfast%' or application_name = 'chaos tail'`,
      )
      return rowCount === 0
    },
    'the end of all sessions',
    120_000,
  )
  const { rows } = await primary.ownerPool.query<{ at: string }>('select pg_current_wal_flush_lsn()::text as at')
  await until(
    async () => {
      const replayed = await standby.ownerPool.query<{ done: boolean }>(
        'select pg_last_wal_replay_lsn() >= $1::pg_lsn as done',
        [rows[0]?.at],
      )
      return replayed.rows[0]?.done === true
    },
    'the standby to catch up',
    120_000,
  )
  await primary.stop()
  await standby.ownerPool.query('select pg_promote()')
  stage.database = standby
  for (const proxy of proxies) proxy.pointTo(standby.ownerUrl)
  await Promise.all(proxies.map((proxy) => proxy.restore()))
}
