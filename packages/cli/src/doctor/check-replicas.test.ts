import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { changeDatabaseUrl } from '@holdfast/engine'
import { createTestCluster, portToKeep, type TestCluster, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkReplicas } from './check-replicas.ts'

let primary: TestCluster
let replica: TestCluster

beforeAll(async () => {
  primary = await createTestCluster()
  replica = await primary.standby()
})

afterAll(async () => {
  await replica?.end()
  await primary?.end()
})

const check = (urls: string[], replicaLagMsMax = 5_000, of = primary) =>
  checkReplicas(of.ownerUrl, { databaseReplicaUrls: urls, databaseAppUrl: of.appUrl, replicaLagMsMax })

test('without replicas there is nothing to check', async () => {
  const settings = { databaseReplicaUrls: null, databaseAppUrl: null, replicaLagMsMax: 1_000 }
  expect(await checkReplicas(primary.ownerUrl, settings)).toEqual([])
})

test('a replica that follows the primary is fine, and the primary itself is left out', async () => {
  const found = await check([replica.appUrl, primary.appUrl])
  expect(found).toMatchObject([{ state: 'ok' }, { state: 'ok', found: 'is the primary now: it is left out' }])
  expect(found[0]?.found).toMatch(/^follows the primary, and had its last write after \d+ ms$/)
  // The password of its URL.
  expect(JSON.stringify(found)).not.toContain(':app@')
})

test('the primary alone serves all reads, and that is a warning', async () => {
  expect(await check([primary.appUrl])).toMatchObject([{ state: 'ok' }, { name: 'replicas', state: 'warning' }])
})

test('a replica that cannot be reached, or refuses the login, is a warning with the reason', async () => {
  const port = await portToKeep()
  const [gone] = await check([`postgres://app:hunter2@127.0.0.1:${port}/postgres`])
  expect(gone).toMatchObject({ name: `replica 127.0.0.1:${port}`, state: 'warning' })
  expect(gone?.found).toContain('ECONNREFUSED')
  expect(JSON.stringify(gone)).not.toContain('hunter2')
  const [refused] = await check([changeDatabaseUrl(replica.appUrl, { password: 'another' })])
  expect(refused).toMatchObject({ state: 'warning', found: expect.stringContaining('password') })
})

test('a server of another origin, and another database, are errors', async () => {
  // The servers of the tests are copies of one.
  const directory = await mkdtemp(join(tmpdir(), 'hf-origin-'))
  await chmod(directory, 0o711)
  const other = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data') })
  try {
    const [found] = await check([other.ownerUrl])
    expect(found).toMatchObject({ state: 'error', found: expect.stringContaining('system identifier') })
  } finally {
    await other.stop()
    await rm(directory, { recursive: true, force: true })
  }
  const [wrong] = await check([changeDatabaseUrl(replica.appUrl, { database: 'template1' })])
  expect(wrong).toMatchObject({ state: 'error', found: expect.stringContaining('leads to the database template1') })
})

test('a replica that is behind is a warning, until it has caught up', async () => {
  await replica.ownerPool.query('select pg_wal_replay_pause()')
  await primary.ownerPool.query('create table of_this_test ()')
  const [behind] = await check([replica.appUrl], 50)
  expect(behind).toMatchObject({
    state: 'warning',
    found: expect.stringMatching(/^is more than 50 ms behind: \d+ bytes/),
  })
  await replica.ownerPool.query('select pg_wal_replay_resume()')
  expect(await check([replica.appUrl])).toMatchObject([{ state: 'ok' }])
})

test('a promoted server, and a replica that follows it, are errors: they have another history', async () => {
  const promoted = await primary.standby()
  try {
    const follower = await promoted.standby()
    try {
      await promoted.ownerPool.query('select pg_promote()')
      const [found] = await check([promoted.appUrl])
      expect(found).toMatchObject({ state: 'error', found: expect.stringContaining('was promoted') })
      // It is ahead by the count of bytes, but does not have the newest epoch of the log.
      await primary.ownerPool.query(`
        insert into holdfast.log_epoch (no, server, starts_at)
        select coalesce(max(no), 0) + 1, 'after a restart', '100' from holdfast.log_epoch`)
      await untilAhead(follower, promoted)
      const [other] = await check([follower.appUrl])
      expect(other).toMatchObject({ state: 'error', found: expect.stringContaining('it follows another primary') })
    } finally {
      await follower.end()
    }
  } finally {
    await promoted.end()
  }
})

/** Writes until the follower has replayed more than the primary has written. */
async function untilAhead(follower: TestCluster, promoted: TestCluster): Promise<void> {
  const { rows } = await primary.ownerPool.query<{ lsn: string }>('select pg_current_wal_flush_lsn()::text as lsn')
  await promoted.ownerPool.query('create table ahead as select repeat(n::text, 9) from generate_series(1, 20000) n')
  await until(async () => {
    const { rows: found } = await follower.ownerPool.query<{ is_ahead: boolean }>(sql`
      select pg_last_wal_replay_lsn() > ${rows[0]?.lsn}::pg_lsn as is_ahead`)
    return found[0]?.is_ahead === true
  }, 'a follower that is ahead')
}
