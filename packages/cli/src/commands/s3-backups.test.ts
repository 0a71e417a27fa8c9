// Drill: backups and restores
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import { loadSealer } from '@holdfast/adapters/backup'
import { withEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { openObjectStore } from '@holdfast/adapters/object-store'
import { createPool } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, createTestCluster, type TestCluster, until } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'
import { spawnServer } from '../../test/spawn-holdfast.ts'

const place = 's3://clinic/backups'
let directory: string
let cluster: TestCluster
let service: S3rver
let settings: Record<string, string>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-s3-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  const bucket = join(directory, 'bucket')
  await mkdir(bucket)
  service = new S3rver({ directory: bucket, port: 0, silent: true, configureBuckets: [{ name: 'clinic' }] })
  const { port } = await service.run()
  const url = `http://S3RVER:S3RVER@localhost:${port}`
  const passphrase = 'correct horse battery staple'
  await loadSealer(openObjectStore(place, url), { passphrase, recipient: null, identity: null, scryptWorkFactor: 10 })
  cluster = await createTestCluster()
  settings = { S3_URL: url, HOLDFAST_BACKUP_PASSPHRASE: passphrase, HOLDFAST_DATA: join(directory, 'data') }
})

afterAll(async () => {
  await cluster.end()
  await service.close()
  await rm(directory, { recursive: true, force: true })
})

async function namesIn(dataDirectory: string): Promise<string[]> {
  return withEmbeddedPostgres({ dataDirectory }, async ({ ownerUrl }) => {
    const pool = createPool({ url: ownerUrl, max: 1, name: 'test of a restore' })
    const reading = pool.query(`select patient->>'name' as name from holdfast.booking order by id`)
    const { rows } = await reading.finally(() => pool.end())
    return rows.map(({ name }) => name)
  })
}

async function json(args: string[], more: Record<string, string> = {}) {
  const { code, out, err } = await runCaptured([...args, '--json'], { ...settings, ...more })
  expect(code, err.join('\n')).toBe(0)
  return JSON.parse(out.join(''))
}

test('a server backs up to S3, and what the commands restore from there can be started', async () => {
  const separate = { ...settings, DATABASE_URL: cluster.ownerUrl }
  const server = await spawnServer({ ...separate, HOLDFAST_BACKUP_TO: place, HOLDFAST_BACKUP_SECONDS: '1' })
  onTestFinished(() => void server.child.kill('SIGKILL'))
  /** Until what was written before now can be restored. */
  const archived = async () => {
    const moment = Date.now() + 1
    const isThere = async () => {
      const { ranges } = await json(['backups', '--from', place])
      return ranges.some((range: { until: string }) => Date.parse(range.until) > moment) ? new Date(moment) : undefined
    }
    return until(isThere, `backups until ${moment}`)
  }
  await archived()
  const slot = await aSlot(cluster, await aDoctor(cluster, await aClinic(cluster)), { capacity: 3 })
  await aBooking(cluster, slot, { patient: { name: 'Ada' } })
  const moment = await archived()
  await aBooking(cluster, slot, { patient: { name: 'Grace' } })
  const copied = await json(['backup', '--to', place], { DATABASE_URL: cluster.ownerUrl })
  expect(copied).toMatchObject({ place, continuous: true })
  await aBooking(cluster, slot, { patient: { name: 'Edith' } })
  server.child.kill('SIGTERM')
  expect(await server.ended).toMatchObject({ code: 0 })
  const { backups, unusable } = await json(['backups', '--from', place])
  expect([backups.length, backups[1].id, unusable]).toEqual([2, copied.id, []])

  const [atMoment, latest] = [join(directory, 'at-moment'), join(directory, 'latest')]
  const early = await json(['restore', '--from', place, '--to', moment.toISOString(), '--data', atMoment])
  expect(early).toMatchObject({
    backup: backups[0].id,
    dataDirectory: atMoment,
    verify: { bookings: 1, mismatches: 0 },
  })
  const late = await json(['restore', '--from', place, '--data', latest])
  expect(late).toMatchObject({ backup: copied.id, to: backups[1].until, verify: { bookings: 3, mismatches: 0 } })
  expect(await namesIn(atMoment)).toEqual(['Ada'])
  expect(await namesIn(latest)).toEqual(['Ada', 'Grace', 'Edith'])
  const started = await spawnServer({ HOLDFAST_DATA: latest })
  onTestFinished(() => void started.child.kill('SIGKILL'))
  expect((await fetch(`${started.url}/readyz`)).status).toBe(200)
  started.child.kill('SIGTERM')
  await started.ended
  expect(await readdir(directory)).not.toContain('data')
})
