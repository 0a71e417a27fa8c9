import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { changeDatabaseUrl, createPool, migrate } from '@holdfast/engine'
import type pg from 'pg'
import { copyDataDirectory, fastSettings, fillDataDirectory } from './data-directory.ts'

/** A separate PostgreSQL server, migrated and empty, that a test may stop, copy, restore and replace by a standby. */
export type TestCluster = {
  ownerUrl: string
  appUrl: string
  ownerPool: pg.Pool
  appPool: pg.Pool
  stop(): Promise<void>
  start(settings?: Record<string, string>): Promise<void>
  /** Copies the data directory of the stopped server. */
  save(): Promise<void>
  /** Replaces the data directory of the stopped server by the copy. */
  restore(): Promise<void>
  /** Another server on a copy of this one, which is stopped for it. It follows this one until it is promoted. */
  standby(): Promise<TestCluster>
  end(): Promise<void>
}

const appPassword = 'app'
const closesWithinMs = 2_000

export async function createTestCluster(): Promise<TestCluster> {
  const directory = await newDirectory()
  await fillDataDirectory(join(directory, 'data'))
  const cluster = await startCluster(directory)
  await migrate({ ownerUrl: cluster.ownerUrl })
  await cluster.ownerPool.query(`create role app login password '${appPassword}' in role holdfast_app`)
  return cluster
}

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-cluster-'))
  await chmod(directory, 0o711)
  return directory
}

async function startCluster(directory: string, more: Record<string, string> = {}): Promise<TestCluster> {
  const [data, saved] = [join(directory, 'data'), join(directory, 'saved')]
  const launch = (added: Record<string, string> = {}) =>
    startEmbeddedPostgres({ dataDirectory: data, settings: { ...fastSettings, ...added } })
  let running: EmbeddedPostgres = await launch(more)
  const { ownerUrl } = running
  const appUrl = changeDatabaseUrl(ownerUrl, { user: 'app', password: appPassword })
  const ownerPool = createPool({ url: ownerUrl, max: 5, name: 'test owner' })
  const appPool = createPool({ url: appUrl, max: 10, name: 'test app' })
  const cluster: TestCluster = {
    ownerUrl,
    appUrl,
    ownerPool,
    appPool,
    stop: () => running.stop(),
    async start(added) {
      running = await launch(added)
    },
    async save() {
      await rm(saved, { recursive: true, force: true })
      await copyDataDirectory(data, saved)
    },
    async restore() {
      await rm(data, { recursive: true })
      await copyDataDirectory(saved, data)
    },
    async standby() {
      const other = await newDirectory()
      await cluster.stop()
      await copyDataDirectory(data, join(other, 'data'))
      await cluster.start()
      const signal = join(other, 'data', 'postgres', 'standby.signal')
      await writeFile(signal, '')
      const { uid, gid } = await stat(join(other, 'data', 'postgres'))
      await chown(signal, uid, gid)
      return startCluster(other, { primary_conninfo: connectionInfo(ownerUrl), wal_retrieve_retry_interval: '100ms' })
    },
    async end() {
      // Not by `end`, which waits for connections that a failed test did not give back.
      await Promise.all([ownerPool.close(closesWithinMs), appPool.close(closesWithinMs)])
      await running.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return cluster
}

function connectionInfo(url: string): string {
  const { username, password, searchParams } = new URL(url)
  return `host=${searchParams.get('host')} user=${username} password=${decodeURIComponent(password)}`
}
