// Drill: restores
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changeDatabaseUrl, createPool } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, createTestCluster, type TestCluster } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

let directory: string
let cluster: TestCluster

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-separate-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  cluster = await createTestCluster()
})

afterAll(async () => {
  await cluster.end()
  await rm(directory, { recursive: true, force: true })
})

test('a backup of a separate server is restored as an embedded database, and moved to a new server', async () => {
  const [place, passphrase, restored] = [join(directory, 'backups'), 'correct horse', join(directory, 'restored')]
  await prepareBackupKey(place, passphrase)
  const keys = { HOLDFAST_BACKUP_TO: place, HOLDFAST_BACKUP_PASSPHRASE: passphrase }
  const env = { ...keys, HOLDFAST_DATA: join(directory, 'data'), DATABASE_URL: cluster.ownerUrl }
  const slot = await aSlot(cluster, await aDoctor(cluster, await aClinic(cluster)))
  await aBooking(cluster, slot, { patient: { name: 'Ada' } })
  expect(await runCaptured(['backup'], env)).toMatchObject({ code: 0, err: [] })

  const restoring = await runCaptured(['restore', '--data', restored], env)
  expect(restoring.code).toBe(0)
  expect(restoring.err.join('\n')).toContain('end-sessions')
  expect(restoring.out.join('\n')).toMatch(
    /1 bookings. Everything adds up.*HOLDFAST_DATA=.*without DATABASE_URL.*move-database --from-data/s,
  )
  // It is in the database.
  expect(restoring.out.join('\n')).not.toContain('HOLDFAST_SECRET_FILE')
  expect(await readdir(directory)).not.toContain('data')

  await cluster.ownerPool.query('create database another')
  const target = changeDatabaseUrl(cluster.ownerUrl, { database: 'another' })
  const moved = await runCaptured(['move-database', '--to', target], { HOLDFAST_DATA: restored, DATABASE_URL: '' })
  expect(moved).toMatchObject({ code: 0, out: expect.arrayContaining([expect.stringContaining('Everything adds up')]) })
  const pool = createPool({ url: target, max: 1, name: 'test of a move' })
  const { rows } = await pool.query(`select patient->>'name' as name from holdfast.booking`).finally(() => pool.end())
  expect(rows).toEqual([{ name: 'Ada' }])

  // The embedded database has another name than this one: `restore` would verify whatever has that name.
  const [other, unused] = [join(directory, 'other-backups'), join(directory, 'unused')]
  await prepareBackupKey(other, passphrase)
  const ofTarget = { ...env, HOLDFAST_BACKUP_TO: other, DATABASE_URL: target }
  const backedUp = await runCaptured(['backup'], ofTarget)
  expect(backedUp.err.join()).toMatch(/its role and its database are holdfast and another/)
  expect(backedUp.out.join()).not.toContain('can be restored')
  const listed = await runCaptured(['backups'], ofTarget)
  expect(listed.err.join()).toContain('holdfast and another')
  expect(listed.out).toContain('There are no backups that can be restored.')
  const json = await runCaptured(['backups', '--json'], ofTarget)
  expect(JSON.parse(json.out.join(''))).toMatchObject({ ranges: [], backups: [{ obstacle: expect.any(String) }] })
  const refused = await runCaptured(['restore', '--data', unused], ofTarget)
  expect(refused).toMatchObject({ code: 1, out: [] })
  expect(refused.err.join()).toContain('holdfast and another')
  expect(await readdir(directory)).not.toContain('unused')
})

test('a database of several that is restored and moved is named in HOLDFAST_SHARDS, and has no sessions', async () => {
  const [place, passphrase, restored] = [join(directory, 'shard'), 'correct horse', join(directory, 'restored-shard')]
  await prepareBackupKey(place, passphrase)
  const marks = `insert into holdfast.setting (name, value) values ('installation', 'one'), ('shard', 'one 1')`
  await cluster.ownerPool.query(marks)
  const env = { HOLDFAST_BACKUP_TO: place, HOLDFAST_BACKUP_PASSPHRASE: passphrase, DATABASE_URL: cluster.ownerUrl }
  expect(await runCaptured(['backup'], env)).toMatchObject({ code: 0 })
  await cluster.ownerPool.query(`delete from holdfast.setting where name in ('installation', 'shard')`)
  const none = { HOLDFAST_DATA: join(directory, 'none') }
  const restoring = await runCaptured(['restore', '--data', restored], { ...env, ...none })
  expect(restoring.code).toBe(0)
  const text = [...restoring.out, ...restoring.err].join('\n')
  expect(text).toContain(`holdfast move-database --from-data ${restored} --to -`)
  expect(text).toContain('set its URL in HOLDFAST_SHARDS')
  expect(text).not.toMatch(/end-sessions|start it with HOLDFAST_DATA/)
  await cluster.ownerPool.query('create database third')
  const stdin = changeDatabaseUrl(cluster.ownerUrl, { database: 'third' })
  const moved = await runCaptured(['move-database', '--from-data', restored, '--to', '-'], env, { stdin })
  expect(moved).toMatchObject({ code: 0 })
  expect(moved.out.at(-1)).toMatch(/^Set its URL in HOLDFAST_SHARDS to the new database/)
  expect(moved.out.join()).not.toContain('Start Holdfast with')
})

test('a restore where text is sorted in another version says which statements correct the indexes', async () => {
  const [place, passphrase, restored] = [join(directory, 'sorted'), 'correct horse', join(directory, 'restored-sorted')]
  await prepareBackupKey(place, passphrase)
  const env = { HOLDFAST_BACKUP_TO: place, HOLDFAST_BACKUP_PASSPHRASE: passphrase, DATABASE_URL: cluster.ownerUrl }
  const setVersion = (version: string) =>
    cluster.ownerPool.query('update pg_database set datcollversion = $1 where datname = current_database()', [version])
  await setVersion('0')
  expect((await runCaptured(['doctor'], env)).out.join('\n')).toMatch(
    /collation: .*they may be wrong.*VERSION; then run `holdfast migrate`/s,
  )
  expect(await runCaptured(['backup'], env)).toMatchObject({ code: 0 })
  const repair = ['REINDEX DATABASE "holdfast";', 'ALTER DATABASE "holdfast" REFRESH COLLATION VERSION;']
  const restoring = await runCaptured(['restore', '--data', restored], {
    ...env,
    HOLDFAST_DATA: join(directory, 'none'),
  })
  for (const statement of repair) expect(restoring.out).toContain(`  ${statement}`)
  expect(restoring.out).toContain('Then run `holdfast migrate`.')
  for (const statement of repair) await cluster.ownerPool.query(statement)
  expect((await runCaptured(['doctor'], env)).out.join('\n')).toMatch(/collation: the indexes are sorted/)
})
