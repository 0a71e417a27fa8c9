// Drill: restores
import { createHash } from 'node:crypto'
import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BackupEvent, runContinuousBackup } from '@holdfast/adapters/backup'
import { openObjectStore } from '@holdfast/adapters/object-store'
import { aBooking, aClinic, aDoctor, aSlot, createTestCluster, type TestCluster } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

const passphrase = 'correct horse battery staple'
let directory: string
/** A copy and the WAL after it, which each test gets a copy of. */
let template: string
let place: string
let target: string
let cluster: TestCluster
/** Between the two bookings. */
let early: Date

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-refused-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  template = join(directory, 'template')
  await prepareBackupKey(template, passphrase)
  cluster = await createTestCluster()
  await backUp()
})

afterAll(async () => {
  await cluster.end()
  await rm(directory, { recursive: true, force: true })
})

let tests = 0
beforeEach(async () => {
  tests += 1
  place = join(directory, `backups-${tests}`)
  target = join(directory, `restored-${tests}`)
  await cp(template, place, { recursive: true })
})

/** Two bookings after the copy, each in another file of WAL. */
async function backUp(): Promise<void> {
  const stopping = new AbortController()
  const events: BackupEvent[] = []
  let wake = () => {}
  const running = runContinuousBackup({
    databaseUrl: cluster.ownerUrl,
    store: openObjectStore(template, null),
    keys: { passphrase, recipient: null, identity: null },
    release: '0.3.0',
    embedded: false,
    flushSeconds: 0.2,
    copyHours: 24,
    keepDays: 30,
    signal: stopping.signal,
    onEvent(event) {
      events.push(event)
      wake()
    },
  })
  const until = async (isThere: (event: BackupEvent) => boolean) => {
    while (!events.some(isThere)) await new Promise<void>((resolve) => (wake = resolve))
  }
  const slot = await aSlot(cluster, await aDoctor(cluster, await aClinic(cluster)), { capacity: 2 })
  await until(({ kind }) => kind === 'copied')
  await aBooking(cluster, slot, { patient: { name: 'Ada' } })
  // A booking may be acknowledged in the millisecond in which it is committed.
  early = new Date(Date.now() + 1)
  await until((event) => event.kind === 'flushed' && event.untilMs > early.getTime())
  await cluster.ownerPool.query('select pg_switch_wal()')
  await aBooking(cluster, slot, { patient: { name: 'Grace' } })
  const late = Date.now()
  await until((event) => event.kind === 'flushed' && event.untilMs > late)
  stopping.abort()
  await running
}

function restore(more: string[] = []) {
  const env = { HOLDFAST_BACKUP_PASSPHRASE: passphrase, HOLDFAST_DATA: join(directory, 'none') }
  return runCaptured(['restore', '--from', place, '--data', target, '--json', ...more], env)
}

/** Expects that the backup is refused before anything is written. */
async function expectRefused(reason: RegExp): Promise<void> {
  const { code, out, err } = await restore()
  expect({ code, out }).toEqual({ code: 1, out: [] })
  expect(err.join('\n')).toMatch(reason)
  expect(err.join('\n')).not.toContain('Restoring it into')
  expect(await readdir(directory)).not.toContain(target.split('/').at(-1))
}

async function pathOf(folder: 'base' | 'wal', name: RegExp): Promise<string> {
  const paths = await readdir(join(place, folder), { recursive: true })
  const path = paths.sort().findLast((one) => name.test(one))
  if (path === undefined) throw new Error(`There is no ${name} in ${folder}.`)
  return join(place, folder, path)
}

async function damage(path: string): Promise<void> {
  const body = await readFile(path)
  const middle = Math.floor(body.length / 2)
  body[middle] = (body[middle] ?? 0) ^ 1
  await writeFile(path, body)
}

test('restore --json prints what was restored, where, and what verify counted', async () => {
  const { code, out } = await restore()
  expect(code).toBe(0)
  const printed = JSON.parse(out.join(''))
  expect(Object.keys(printed)).toEqual(['backup', 'to', 'dataDirectory', 'seconds', 'verify', 'erasures'])
  expect(printed).toMatchObject({
    backup: (await readdir(join(place, 'base')))[0],
    dataDirectory: target,
    seconds: expect.any(Number),
    verify: { bookings: 2, overbooked: 0, mismatches: 0 },
    erasures: null,
  })
  expect(new Date(printed.to).getTime()).toBeGreaterThan(early.getTime())
})

test('a copy with another byte is refused, and nothing is written', async () => {
  await damage(await pathOf('base', /part-/))
  await expectRefused(/The backup is damaged: base\/.*part-000001.age does not have its checksum/)
})

test('a manifest that somebody without the passphrase wrote is refused, and nothing is written', async () => {
  const path = await pathOf('base', /manifest/)
  const stored = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(path, JSON.stringify({ ...stored, mac: null }))
  await expectRefused(/manifest of the backup .* was not written with this passphrase/)
})

test('WAL with another byte is refused and named; what was archived before it can be restored', async () => {
  const path = await pathOf('wal', /partial.*age$/)
  await damage(path)
  const name = path.slice(place.length + 1)
  await expectRefused(new RegExp(`The backup is damaged: ${name} does not have its checksum`))
  const { code, out } = await restore(['--to', early.toISOString()])
  expect(code).toBe(0)
  expect(JSON.parse(out.join(''))).toMatchObject({ to: early.toISOString(), verify: { bookings: 1, mismatches: 0 } })
})

test('WAL with other bytes, and their checksum in its name, is refused: it is not signed', async () => {
  const path = await pathOf('wal', /partial.*age$/)
  await damage(path)
  const digest = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
  await rename(path, path.replace(/-[0-9a-f]{64}/, `-${digest}`))
  await expectRefused(/wal\/.* was not written with this passphrase/)
})
