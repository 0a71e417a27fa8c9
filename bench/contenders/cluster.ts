import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { changeDatabaseUrl, createPool, takeOptions } from '@holdfast/engine'
import type pg from 'pg'
import { parentPidOf } from '../measure/process-cpu.ts'

/** The PostgreSQL server of all measurements, with a database for each contender. */
export type Cluster = {
  version: string
  postmasterPid: number
  /** The settings that affect durability and thereby every figure. */
  settings: Record<string, string>
  /** The pool that reads the server's statistics. */
  pool: pg.Pool
  /** Creates an empty database. @returns its owner's URL */
  createDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

const settings = {
  max_connections: '500',
  // Counts statements in the databases where a scenario switches it on; free elsewhere.
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'none',
}
const reportedSettings = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
  'wal_sync_method',
]
const tmpfsMagic = 0x01021994

/**
 * Starts the server on a new directory under HOLDFAST_BENCH_DIRECTORY or the system's temporary directory.
 *
 * @throws Error for a file system in memory: a flush costs nothing there, so that every figure would be wrong
 */
export async function startCluster(say: (line: string) => void): Promise<Cluster> {
  const parent = process.env.HOLDFAST_BENCH_DIRECTORY ?? tmpdir()
  if ((await statfs(parent)).type === tmpfsMagic) {
    throw new Error(`${parent} is in memory. Set HOLDFAST_BENCH_DIRECTORY to a directory on a disk.`)
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
      [reportedSettings],
    )
    return {
      version: postgres.version,
      postmasterPid,
      settings: Object.fromEntries(shown.rows.map(({ name, setting }) => [name, setting])),
      pool,
      async createDatabase(name) {
        await pool.query(`create database ${name}`)
        // Earlier versions, which are compared, take the options of a URL instead of those of their pools.
        const { rest } = takeOptions(postgres.ownerUrl)
        return changeDatabaseUrl(rest, { database: name })
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
