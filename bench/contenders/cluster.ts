import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { changeDatabaseUrl, createPool } from '@holdfast/engine'
import type pg from 'pg'
import { parentPidOf } from '../measure/process-cpu.ts'

/** The one PostgreSQL server that everybody is measured on, with a database for each. */
export type Cluster = {
  version: string
  postmasterPid: number
  /** What durability costs is part of every figure. */
  settings: Record<string, string>
  /** To look at the server's own counters. */
  pool: pg.Pool
  /** Makes an empty database. @returns its owner's URL */
  createDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

const settings = {
  max_connections: '500',
  // Counts statements where a scenario switches it on for its database, and costs nothing elsewhere.
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'none',
}
const told = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size', 'wal_sync_method']
const tmpfsMagic = 0x01021994

/**
 * Starts the server on a new directory under HOLDFAST_BENCH_DIRECTORY, or the system's for temporary files.
 *
 * @throws Error where that is a file system in memory: a flush costs nothing there, and every figure would be a lie
 */
export async function startCluster(say: (line: string) => void): Promise<Cluster> {
  const parent = process.env.HOLDFAST_BENCH_DIRECTORY ?? tmpdir()
  if ((await statfs(parent)).type === tmpfsMagic) {
    throw new Error(`${parent} is kept in memory. Set HOLDFAST_BENCH_DIRECTORY to a directory on a disk.`)
  }
  const directory = await mkdtemp(join(parent, 'holdfast-bench-'))
  const postgres = await startEmbeddedPostgres({ dataDirectory: directory, settings, log: say })
  const pool = createPool({ url: postgres.ownerUrl, max: 4, name: 'bench' })
  const stop = async () => {
    await pool.end()
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
    const postmasterPid = parentPidOf(rows[0]?.pid ?? 0)
    if (postmasterPid === null)
      throw new Error("The server's process cannot be seen in /proc: the benchmark needs Linux.")
    const shown = await pool.query<{ name: string; setting: string }>(
      'select name, current_setting(name) as setting from unnest($1::text[]) name',
      [told],
    )
    return {
      version: postgres.version,
      postmasterPid,
      settings: Object.fromEntries(shown.rows.map(({ name, setting }) => [name, setting])),
      pool,
      async createDatabase(name) {
        await pool.query(`create database ${name}`)
        return changeDatabaseUrl(postgres.ownerUrl, { database: name })
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
